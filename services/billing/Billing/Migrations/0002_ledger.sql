-- Units that a customer was granted: append only; what is left follows from the ledger.
create table entitlement (
    entitlement_id uuid primary key,
    customer_id uuid not null,
    package text not null references package (code),
    period integer, -- year counted from activation, for the free units (R-027); null for what was bought
    units integer check (units > 0), -- null: unlimited
    valid_from timestamptz not null,
    valid_until timestamptz not null,
    check (valid_until > valid_from),
    unique (customer_id, package, period)
);
create index entitlement_customer on entitlement (customer_id, valid_until);

-- A relying party's contract: whether it may pay, and how many units in a calendar month (null: no limit).
create table client_contract (
    client_id text primary key,
    may_pay boolean not null,
    monthly_limit integer check (monthly_limit >= 0)
);

-- One reservation per signing transaction; exactly one payer.
create table reservation (
    reservation_id uuid primary key,
    customer_id uuid,
    client_id text,
    units integer not null check (units between 1 and 1000),
    reserved_at timestamptz not null,
    expires_at timestamptz not null,
    check ((customer_id is null) <> (client_id is null))
);

-- Every movement of units. A reservation takes, a release gives back, a capture makes a taken unit final.
create table ledger_entry (
    entry_id bigint generated always as identity primary key,
    kind text not null check (kind in ('grant', 'reserve', 'capture', 'release')),
    entitlement_id uuid references entitlement (entitlement_id), -- null when a relying party pays
    reservation_id uuid references reservation (reservation_id), -- null for a grant
    units integer not null check (units > 0 or (units = 0 and kind = 'grant')), -- a grant of 0 is unlimited
    at timestamptz not null,
    check ((kind = 'grant') = (reservation_id is null))
);
create index ledger_entry_entitlement on ledger_entry (entitlement_id) where entitlement_id is not null;
create index ledger_entry_reservation on ledger_entry (reservation_id) where reservation_id is not null;
create index reservation_expiry on reservation (expires_at);
create index reservation_client on reservation (client_id, reserved_at) where client_id is not null;

-- Reservations with units neither captured nor released; the only rows here that change, so that lapsing finds them at once.
create table open_reservation (
    reservation_id uuid primary key references reservation (reservation_id),
    expires_at timestamptz not null
);
create index open_reservation_expiry on open_reservation (expires_at);

grant select, insert on entitlement, reservation, ledger_entry to billing;
grant select, insert, delete on open_reservation to billing;
grant select, insert, update, delete on client_contract to billing;
