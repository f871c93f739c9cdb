-- A key with which an organisation activates signatures of one credential by itself: automatic seals.
create table automation (
    automation_id uuid primary key,
    owner_id uuid not null,
    credential_id uuid not null references credential,
    client_id text not null,
    public_key text not null,           -- JWK in the canonical form of RFC 7638
    thumbprint text not null unique,
    max_signatures bigint not null,
    not_after timestamptz not null,
    endorsement text not null,          -- the device's JWS, kept as evidence; its PIN is encrypted to the HSM
    row_mac bytea not null,             -- HMAC in the HSM over the columns above but the last
    enrolled_at timestamptz not null
);

create table automation_end (
    automation_id uuid primary key references automation,
    ended_at timestamptz not null
);

-- What it used up; the highest number counts.
create table automation_use (
    automation_id uuid not null references automation,
    number integer not null,
    transaction_id uuid not null unique references activation,
    total bigint not null,              -- digests authorised so far
    mac bytea not null,                 -- HMAC in the HSM over the columns above
    primary key (automation_id, number)
);

-- Who activated is a device or an automation.
alter table activation drop constraint activation_device_id_fkey;
create index activation_by on activation (device_id, activated_at);

-- Evidence of an automation is used once, like that of a device.
alter table evidence drop constraint evidence_device_id_fkey;

grant select, insert on automation, automation_end, automation_use to signature_activation;
