-- The generation of the KEK under which a key was wrapped when it was made.
alter table credential add column kek_generation integer not null default 1;

-- No two credentials have one key, however often somebody puts a spare key back.
create unique index credential_public_key on credential (sha256(public_key));

-- A key wrapped again under a later KEK; the highest generation counts.
create table wrapping (
    credential_id uuid not null references credential,
    kek_generation integer not null,
    wrapped_key bytea not null,
    row_mac bytea not null,             -- as credential.row_mac, over this wrapped key
    wrapped_at timestamptz not null,
    primary key (credential_id, kek_generation)
);

create or replace function erase_key() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update public.credential set wrapped_key = '' where credential_id = new.credential_id;
    update public.wrapping set wrapped_key = '' where credential_id = new.credential_id;
    return new;
end $$;

-- A destroyed key is not wrapped again; the lock on its credential lets a destruction that is under way end first.
create function refuse_destroyed() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform from public.credential where credential_id = new.credential_id and wrapped_key <> '' for share;
    if found then
        return new;
    end if;
    return null;
end $$;
create trigger refuse_destroyed before insert on wrapping for each row execute function refuse_destroyed();

-- RSA keys made ahead, which belong to nobody yet. Who takes one deletes its row.
create table spare_key (
    spare_key_id uuid primary key,
    algorithm smallint not null,        -- KeyAlgorithm of the contract
    public_key bytea not null,
    wrapped_key bytea not null,
    kek_generation integer not null,
    mac bytea not null,                 -- HMAC in the HSM over all columns above
    made_at timestamptz not null
);
create index spare_key_order on spare_key (algorithm, made_at);

grant select, insert on wrapping to signature_activation;
grant select, insert, delete on spare_key to signature_activation;
grant update (made_at) on spare_key to signature_activation; -- what "for update skip locked" asks for
