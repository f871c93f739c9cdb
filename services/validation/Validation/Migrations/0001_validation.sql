-- One row per validation: what was judged and how. The document itself is never kept. Append only.
create table validation (
    id              uuid        primary key,
    document_digest bytea       not null check (octet_length(document_digest) = 32),
    indication      text        not null,
    sub_indication  text,
    signatures      integer     not null,
    validated_at    timestamptz not null
);
create index validation_validated_at on validation (validated_at);
grant select, insert on validation to validation;
