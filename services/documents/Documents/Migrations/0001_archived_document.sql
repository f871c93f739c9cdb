-- Signed files, kept for ten years (S1-21). The application may add and read, never change or delete.
create table archived_document (
    id             uuid primary key,   -- the id under which Signing held the file
    transaction_id uuid not null,
    customer_id    uuid not null,      -- the signer and owner
    credential_id  uuid not null,
    client_id      text not null,      -- for whom it was signed
    name           text not null,
    media_type     text not null,
    length         bigint not null check (length = octet_length(content)),
    sha256         bytea not null check (sha256 = sha256(content)),
    content        bytea not null,
    signed_at      timestamptz not null,
    archived_at    timestamptz not null,
    keep_until     timestamptz not null check (keep_until >= signed_at + interval '10 years')
);
alter table archived_document alter column content set storage external; -- PDF files are compressed already
create index archived_document_customer on archived_document (customer_id, id desc);

grant select, insert on archived_document to documents;
