-- The whole of SM-1: terms, changed contacts, lock and closing; and the record of everything that happens to a profile.
alter table customer
    add column locked_at   timestamptz,
    add column locked_by   text check (locked_by in ('customer', 'office')),
    add column lock_reason text,
    add column closed_at   timestamptz;

-- Contacts and person of a closed profile are free for a new one.
alter table customer drop constraint customer_email_key_key, drop constraint customer_phone_key;
create unique index customer_email on customer (email_key) where state <> 'Closed';
create unique index customer_phone on customer (phone) where state <> 'Closed';
alter table person add column closed_at timestamptz;
alter table person drop constraint person_serial_number_key;
create unique index person_serial_number on person (serial_number) where closed_at is null;

create table terms_acceptance (
    customer_id uuid not null references customer,
    version     text not null,
    sha256      text not null, -- of the very text that was shown, lower-case hex
    language    text not null,
    accepted_at timestamptz not null,
    primary key (customer_id, version)
);

create table contact_change (
    id           uuid primary key,
    customer_id  uuid not null references customer,
    channel      text not null check (channel in ('email', 'phone')),
    old_value    text not null,
    new_value    text not null,
    new_key      text not null, -- the form that is unique
    code         bytea not null,
    wrong        int not null default 0,
    locked_until timestamptz,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    confirmed_at timestamptz
);
create index contact_change_customer on contact_change (customer_id, created_at);
create index contact_change_key on contact_change (new_key, created_at);

-- What happened, to whom, by whom, why: never changed, never deleted (R-001, R-230). No reference to customer: events of other
-- services may name one that is not ours.
create table history (
    id          uuid primary key,
    customer_id uuid not null,
    at          timestamptz not null,
    kind        text not null,
    actor       text not null, -- customer, device UUID, client ID, officer UUID, system
    detail      jsonb not null,
    visible     boolean not null -- shown to the customer
);
create index history_customer on history (customer_id, at, id);

grant select, insert, update on contact_change to identity;
grant select, insert on terms_acceptance, history to identity;
