-- Logins confirmed on the phone, authorization codes, and assertions already used.
create table login (
    id             uuid primary key,
    browser_hash   bytea not null,
    identifier     bytea not null,
    customer_id    uuid references customer, -- null when nobody is known by what was typed: such a login can only expire
    client_id      text not null,
    redirect_uri   text not null,
    scope          text not null,
    client_state   text,
    code_challenge text not null,
    nonce          text,
    language       text not null,
    place          text not null,
    browser        text not null,
    state          text not null check (state in ('Pending', 'Confirmed', 'Declined', 'Cancelled', 'Completed')),
    device_id      uuid references device,
    requested_at   timestamptz not null,
    expires_at     timestamptz not null,
    decided_at     timestamptz
);
create index login_customer on login (customer_id, expires_at) where state = 'Pending';
create index login_identifier on login (identifier, requested_at);
create index login_place on login (place, requested_at);

create table authorization_code (
    code_hash      bytea primary key,
    login_id       uuid not null unique references login,
    client_id      text not null,
    customer_id    uuid not null references customer,
    redirect_uri   text not null,
    scope          text not null,
    code_challenge text not null,
    nonce          text,
    authenticated_at timestamptz not null,
    expires_at     timestamptz not null,
    used_at        timestamptz
);

create table used_assertion (
    device_id  uuid not null references device,
    jti        text not null,
    expires_at timestamptz not null,
    primary key (device_id, jti)
);
create index used_assertion_expiry on used_assertion (expires_at);

grant select, insert, update on login, authorization_code to identity;
grant select, insert, update, delete on used_assertion to identity;
