-- CA certificates with the label of their key in the token. A root is its own issuer, and there is one root.
create table authority (
    name text primary key,
    issuer text not null references authority (name),
    certificate bytea not null,
    key_label text not null unique,
    status_version bigint not null default 0, -- counts status changes of the certificates it issued
    created_at timestamptz not null
);
create unique index authority_one_root on authority ((true)) where issuer = name;

-- Delegated OCSP responders; the newest of an authority answers.
create table responder (
    issuer text not null references authority (name),
    serial text not null,
    certificate bytea not null,
    key_label text not null,
    not_after timestamptz not null,
    created_at timestamptz not null,
    primary key (issuer, serial)
);

-- Every end-entity certificate from the moment its signing was intended (SM-5).
create table certificate (
    serial text primary key,
    issuer text not null references authority (name),
    profile text not null,
    request_id uuid not null unique,
    customer_id uuid,
    credential_id uuid,
    key_hash bytea not null,      -- SHA-256 of the SubjectPublicKeyInfo
    tbs bytea not null,
    certificate bytea,            -- null until signed
    not_before timestamptz not null,
    not_after timestamptz not null,
    state text not null check (state in ('intended', 'active', 'suspended', 'revoked')),
    reason integer not null default 0,
    since timestamptz not null,
    check ((state = 'intended') = (certificate is null))
);
create index certificate_key_hash on certificate (key_hash);
create index certificate_listed on certificate (issuer) where state in ('suspended', 'revoked');

-- History of SM-5; append only.
create table status_change (
    id bigint generated always as identity primary key,
    serial text not null references certificate (serial),
    from_state text not null,
    to_state text not null,
    reason integer not null,
    requested_by text not null,
    at timestamptz not null
);
create index status_change_serial on status_change (serial);

create table crl (
    issuer text not null references authority (name),
    number bigint not null,
    status_version bigint not null,
    this_update timestamptz not null,
    next_update timestamptz not null,
    der bytea not null,
    primary key (issuer, number)
);

-- Hash chain: hash = SHA-256(previous ‖ sequence ‖ at ‖ event ‖ body); append only.
create table audit (
    sequence bigint primary key,
    at timestamptz not null,
    event text not null,
    body text not null,
    previous bytea not null,
    hash bytea not null
);

grant select, insert on authority, responder, certificate, status_change, crl, audit to certificate_authority;
grant update (status_version) on authority to certificate_authority;
grant update (certificate, state, reason, since) on certificate to certificate_authority;
