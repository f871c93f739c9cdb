-- Sessions: what a confirmed login gave to a client; its refresh tokens; revocations until the last token they concern has expired.
create table session (
    id               uuid primary key, -- of the login that began it; access tokens carry it as sid
    customer_id      uuid not null references customer,
    client_id        text not null,
    scope            text not null,
    place            text not null,
    browser          text not null,
    authenticated_at timestamptz not null,
    started_at       timestamptz not null,
    last_used_at     timestamptz not null,
    access_until     timestamptz not null, -- when its last access token expires
    refresh_until    timestamptz,          -- when its last refresh token expires; null without
    revoked_at       timestamptz
);
create index session_customer on session (customer_id, started_at) where revoked_at is null;

create table refresh_token (
    token_hash bytea primary key,
    session_id uuid not null references session,
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index refresh_token_expiry on refresh_token (expires_at);

create table token_revocation (
    id         uuid primary key, -- jti, sid or device_id of access tokens
    revoked_at timestamptz not null,
    expires_at timestamptz not null
);
create index token_revocation_revoked on token_revocation (revoked_at);
create index token_revocation_expiry on token_revocation (expires_at);

-- Assertions of clients that were used, by whoever made them.
create table used_jti (
    issuer     text not null,
    jti        text not null,
    expires_at timestamptz not null,
    primary key (issuer, jti)
);
create index used_jti_expiry on used_jti (expires_at);

create table authentication_failure (
    client_id    text not null, -- empty for all unknown ones
    place        text not null,
    failures     int not null,
    since        timestamptz not null,
    locked_until timestamptz,
    primary key (client_id, place)
);
create index authentication_failure_since on authentication_failure (since);

grant select, insert, update on session to identity;
grant select, insert, update, delete on refresh_token, token_revocation, used_jti, authentication_failure to identity;
