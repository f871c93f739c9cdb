-- Credentials that this service may offer: one row per key of the activation module that has a certificate.
create table credential (
    id            uuid primary key,
    customer_id   uuid not null,
    serial        text not null unique,
    profile       text not null,
    key_algorithm text not null check (key_algorithm in ('P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096')),
    certificate   bytea not null,
    chain         bytea[] not null,
    not_before    timestamptz not null,
    not_after     timestamptz not null
);
create index credential_customer on credential (customer_id, id);

-- Newest known state of each certificate. A table of its own, because a change of state may arrive before the certificate does.
create table certificate_state (
    serial text primary key,
    state  text not null check (state in ('active', 'suspended', 'revoked')),
    since  timestamptz not null
);

grant select, insert, update on credential, certificate_state to signing;
