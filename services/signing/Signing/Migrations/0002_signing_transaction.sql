-- One request to a signer: who asks, for which digests, and how far it got. Its id is also the id of the unit reservation.
create table signing_transaction (
    id                   uuid primary key,
    customer_id          uuid not null,
    credential_id        uuid not null references credential,
    client_id            text not null,
    payer                text not null check (payer in ('customer', 'client')),
    purpose              text not null check (purpose in ('authorization', 'documents')),
    description          text not null,
    kind                 text not null check (kind in ('DTBSR', 'SDR')),
    hash_algorithm       text not null,
    signature_algorithm  text,              -- documents only: fixed when the files are prepared
    signature_parameters bytea,
    names                text[] not null,
    digests              bytea[] not null,
    displayed            bytea not null,    -- SHA-256 of the canonical text that the phone shows
    challenge            text not null,
    state                text not null check (state in
                             ('pending', 'confirming', 'active', 'signing', 'completed', 'rejected', 'expired', 'failed')),
    remaining            integer not null check (remaining >= 0),
    created_at           timestamptz not null,
    expires_at           timestamptz not null, -- by when the signer must confirm
    sad_expires_at       timestamptz,          -- until when signatures can be made, once confirmed
    lease_until          timestamptz,          -- one worker at a time in confirming and signing
    ended_at             timestamptz,
    close_pending        boolean not null default false, -- the activation module still has to be told that it ended
    check (cardinality(names) = cardinality(digests))
);
create index signing_transaction_waiting on signing_transaction (customer_id, created_at) where state in ('pending', 'confirming');
create index signing_transaction_open on signing_transaction (expires_at) where state in ('pending', 'confirming', 'active', 'signing');
create index signing_transaction_closing on signing_transaction (id) where close_pending;

-- Files of signDoc: what was prepared, then what was signed.
create table document (
    id                uuid primary key,
    transaction_id    uuid not null references signing_transaction,
    position          integer not null,
    name              text not null,
    media_type        text not null,
    level             text not null check (level in ('AdES-B-B', 'AdES-B-T')),
    prepared          bytea,           -- dropped when the file is signed or the transaction ends
    signature         bytea,           -- kept as soon as it exists, so that a time stamp can be tried again
    signed            bytea,
    sha256            bytea,
    delete_after      timestamptz not null,
    unique (transaction_id, position)
);
create index document_delete_after on document (delete_after);

-- Results of operationMode A. A null response is made from the documents of the transaction.
create table polled_result (
    id             uuid primary key,
    transaction_id uuid not null references signing_transaction,
    customer_id    uuid not null,
    client_id      text not null,
    response       bytea,
    valid_until    timestamptz not null
);
create index polled_result_valid_until on polled_result (valid_until);

grant select, insert, update on signing_transaction to signing;
grant select, insert, update, delete on document, polled_result to signing;
