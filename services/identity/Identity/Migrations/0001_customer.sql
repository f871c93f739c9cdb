-- Customers (SM-1), the registrations that lead to them, identity verifications (SM-3), persons and devices (SM-2).
create table customer (
    id           uuid primary key,
    state        text not null check (state in ('ContactVerified', 'Identified', 'Active', 'Locked', 'Closed')),
    language     text not null check (language in ('bg', 'en', 'pl')),
    email        text not null,
    email_key    text not null unique,
    phone        text not null unique,
    created_at   timestamptz not null,
    activated_at timestamptz
);

-- A registration is the profile in state Draft: contacts that nobody has confirmed yet.
create table registration (
    id           uuid primary key,
    email        text not null,
    email_key    text not null,
    phone        text not null,
    language     text not null check (language in ('bg', 'en', 'pl')),
    email_code   bytea not null,
    phone_code   bytea not null,
    wrong        int not null default 0,
    locked_until timestamptz,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    confirmed_at timestamptz,
    customer_id  uuid references customer
);
create index registration_email on registration (email_key, created_at);
create index registration_phone on registration (phone, created_at);

create table verification (
    id                   uuid primary key,
    customer_id          uuid not null references customer,
    provider             text not null,
    state                text not null check (state in ('Submitted', 'Positive', 'Negative', 'SuspendedUntilClarification')),
    reason               text,
    document_number      text not null,
    national_id          text not null,
    national_id_type     text not null check (national_id_type in ('Egn', 'Lnch', 'Pesel')),
    country              text not null,
    given_name           text not null,
    surname              text not null,
    given_name_latin     text not null,
    surname_latin        text not null,
    latin_review         boolean not null,
    date_of_birth        date not null,
    device_key           text not null,
    device_jkt           text not null,
    assertion            text,
    created_at           timestamptz not null,
    next_check_at        timestamptz not null,
    clarify_until        timestamptz,
    decided_at           timestamptz
);
create index verification_customer on verification (customer_id, created_at);
create index verification_due on verification (next_check_at) where state in ('Submitted', 'SuspendedUntilClarification');

-- What the last positive verification established about a customer.
create table person (
    customer_id       uuid primary key references customer,
    verification_id   uuid not null references verification,
    serial_number     text not null unique,
    national_id       text not null,
    national_id_type  text not null,
    country           text not null,
    given_name        text not null,
    surname           text not null,
    given_name_latin  text not null,
    surname_latin     text not null,
    date_of_birth     date not null,
    document_number   text not null,
    method            text not null,
    verified_at       timestamptz not null
);

create table device (
    id              uuid primary key,
    customer_id     uuid not null references customer,
    public_key      text not null,
    jkt             text not null unique,
    name            text not null,
    platform        text not null,
    state           text not null check (state in ('PendingBinding', 'Active', 'Detached')),
    verification_id uuid not null references verification,
    created_at      timestamptz not null,
    bound_at        timestamptz,
    detached_at     timestamptz
);
create index device_customer on device (customer_id);

grant select, insert, update on customer, registration, verification, person, device to identity;
