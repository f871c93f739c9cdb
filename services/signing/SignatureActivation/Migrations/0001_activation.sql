-- Facts are only ever added: the application role may change nothing but the state of a slot, and that only forward (see trigger).

create table device (
    device_id uuid primary key,
    owner_id uuid not null,
    public_key text not null,           -- JWK in the canonical form of RFC 7638
    thumbprint text not null unique,    -- one key, one device
    pin_salt bytea not null,
    pin_verifier bytea not null,        -- HMAC in the HSM over device, salt, PIN
    row_mac bytea not null,             -- HMAC in the HSM over all columns above
    enrolled_at timestamptz not null
);
create index device_owner on device (owner_id);

create table detachment (
    device_id uuid primary key references device,
    detached_at timestamptz not null
);

-- Evidence of an enrolment is used once.
create table evidence (
    jti text primary key,
    device_id uuid not null references device,
    used_at timestamptz not null
);

-- One row before each verification of a PIN; the same signed message is tried once.
create table pin_attempt (
    device_id uuid not null references device,
    number integer not null,
    message_hash bytea not null unique,
    attempted_at timestamptz not null,
    primary key (device_id, number)
);

-- Forgives the attempts up to its number; the MAC keeps everybody but the HSM from forgiving.
create table pin_success (
    device_id uuid not null,
    number integer not null,
    mac bytea not null,
    primary key (device_id, number),
    foreign key (device_id, number) references pin_attempt
);

create table credential (
    credential_id uuid primary key,
    request_id uuid not null unique,
    owner_id uuid not null,
    algorithm smallint not null,        -- KeyAlgorithm of the contract
    public_key bytea not null,          -- SubjectPublicKeyInfo
    wrapped_key bytea not null,         -- PKCS#8 under the KEK (RFC 5649)
    csr bytea not null,
    row_mac bytea not null,             -- HMAC in the HSM over credential, owner, algorithm, public key, wrapped key
    created_at timestamptz not null
);

create table signing_transaction (
    transaction_id uuid primary key,
    credential_id uuid not null references credential,
    owner_id uuid not null,
    client_id text not null,
    kind smallint not null,             -- DigestKind of the contract
    hash_algorithm text not null,       -- dotted OID
    digests bytea[] not null,           -- ordered; position 0 is the first
    displayed_hash bytea not null,
    sad_hash bytea not null,
    challenge_hash bytea not null,
    expires_at timestamptz not null,
    sad_lifetime interval not null,
    opened_at timestamptz not null
);

-- The primary key makes the challenge single-use.
create table activation (
    transaction_id uuid primary key references signing_transaction,
    device_id uuid not null references device,
    message text not null,              -- the JWS, kept as evidence; its PIN is encrypted to the HSM
    activated_at timestamptz not null,
    sad_expires_at timestamptz not null,
    mac bytea not null                  -- HMAC in the HSM over what Sign relies on
);

create table closure (
    transaction_id uuid primary key references signing_transaction,
    closed_at timestamptz not null
);

create table slot (
    transaction_id uuid not null references activation,
    position integer not null,
    state text not null default 'AUTHORISED' check (state in ('AUTHORISED', 'RESERVED', 'CONSUMED')),
    primary key (transaction_id, position)
);

create function guard_slot() returns trigger language plpgsql as $$
begin
    if (old.state, new.state) not in (('AUTHORISED', 'RESERVED'), ('RESERVED', 'AUTHORISED'), ('RESERVED', 'CONSUMED')) then
        raise exception 'a slot does not go from % to %', old.state, new.state using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger guard_slot before update on slot for each row execute function guard_slot();

-- Hash-chained: hash = SHA-256(previous_hash || content). Every process writes a chain of its own.
create table audit (
    chain uuid not null,
    number bigint not null,
    content text not null,              -- JSON
    previous_hash bytea not null,
    hash bytea not null,
    primary key (chain, number)
);

grant select, insert on device, detachment, evidence, pin_attempt, pin_success, credential, signing_transaction, activation, closure, slot, audit
    to signature_activation;
grant update (state) on slot to signature_activation;
