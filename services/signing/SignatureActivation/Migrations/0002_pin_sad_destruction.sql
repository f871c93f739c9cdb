-- A PIN set later replaces the one of the device; the highest number counts.
create table pin_change (
    device_id uuid not null references device,
    number integer not null,
    pin_salt bytea not null,
    pin_verifier bytea not null,        -- HMAC in the HSM over device, salt, PIN
    mac bytea not null,                 -- HMAC in the HSM over all columns above
    set_at timestamptz not null,
    primary key (device_id, number)
);

-- The SAD of an activated transaction that replaces the one before; the highest number counts.
create table renewal (
    transaction_id uuid not null references activation,
    number integer not null,
    previous_hash bytea not null,       -- of the SAD it replaced
    sad_hash bytea not null,
    sad_expires_at timestamptz not null,
    renewed_at timestamptz not null,
    mac bytea not null,                 -- as activation.mac, over the new SAD
    primary key (transaction_id, number)
);

-- A destroyed key. Its credential stays, without key material.
create table destruction (
    credential_id uuid primary key references credential,
    reason text not null,
    destroyed_at timestamptz not null,
    mac bytea not null                  -- HMAC in the HSM over credential, owner, public key, reason and time
);
create index destruction_time on destruction (destroyed_at);

-- The application role cannot touch a wrapped key; recording the destruction erases it.
create function erase_key() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update public.credential set wrapped_key = '' where credential_id = new.credential_id;
    return new;
end $$;
create trigger erase_key after insert on destruction for each row execute function erase_key();

grant select, insert on pin_change, renewal, destruction to signature_activation;
