-- One row per token: what was stamped, when, under which serial (EN 319 421 §7.12). Append only.
create table issued_token (
    serial         bytea       primary key check (octet_length(serial) between 1 and 20),
    gen_time       timestamptz not null,
    hash_algorithm text        not null,
    message_hash   bytea       not null,
    policy         text        not null,
    tsu_serial     text        not null
);
create index issued_token_gen_time on issued_token (gen_time);
grant select, insert on issued_token to timestamping;
