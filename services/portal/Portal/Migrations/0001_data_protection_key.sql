-- Keys that protect the session cookies; shared by all replicas.
create table data_protection_key (
    id         bigint generated always as identity primary key,
    name       text        not null,
    xml        text        not null,
    created_at timestamptz not null default now()
);
grant select, insert on data_protection_key to portal;
