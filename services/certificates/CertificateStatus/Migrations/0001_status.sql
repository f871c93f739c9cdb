-- Signed OCSP responses as the CA made them, shared by all replicas. Unlogged: after a crash of the server they are asked for again.
create unlogged table ocsp_response (
    request_hash bytea primary key,   -- SHA-256 of the CertID; only requests for one certificate without a nonce are kept
    serial text not null,
    response bytea not null,
    this_update timestamptz not null,
    next_update timestamptz not null
);
create index ocsp_response_serial on ocsp_response (serial);
create index ocsp_response_next_update on ocsp_response (next_update);

-- When a certificate's status changed last, so that a response signed before is not kept after.
create table status_change (
    serial text primary key,
    at timestamptz not null
);
create index status_change_at on status_change (at);

create table crl (
    issuer text primary key,
    der bytea not null,
    this_update timestamptz not null,
    next_update timestamptz not null,
    fetched_at timestamptz not null,
    stale boolean not null default false
);

-- CA certificates, so that they are served while the CA is down.
create table authority (
    name text primary key,
    certificate bytea not null
);

grant select, insert, update, delete on ocsp_response, status_change, crl to certificate_status;
grant select, insert, update on authority to certificate_status;
