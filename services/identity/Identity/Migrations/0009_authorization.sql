-- Pushed requests, what is to be signed, and whose account a login must be; codes without PKCE for clients of CSC API v1.
create table pushed_request (
    uri_hash   bytea primary key,
    client_id  text not null,
    parameters jsonb not null,
    expires_at timestamptz not null, -- to be opened in a browser by then
    opened_at  timestamptz,
    used_at    timestamptz           -- when a code was issued
);
create index pushed_request_expiry on pushed_request (expires_at);

-- Accounts of clients that a client has linked to a customer (CSC API, account_token).
create table client_account (
    client_id   text not null,
    account_id  text not null,
    customer_id uuid not null references customer,
    linked_at   timestamptz not null,
    primary key (client_id, account_id)
);

alter table login
    alter column code_challenge drop not null,
    add column v1 boolean not null default false,          -- came by the base for clients of CSC API v1
    add column credential jsonb,                           -- what is to be signed; null unless scope credential
    add column account_customer_id uuid references customer, -- who must confirm; null: whoever logs in
    add column pushed_request bytea references pushed_request on delete set null;

alter table authorization_code
    alter column code_challenge drop not null,
    add column credential_id text,           -- with scope credential: chosen by Signing
    add column credential_until timestamptz; -- and usable until then

grant select, insert, update, delete on pushed_request, client_account to identity;
