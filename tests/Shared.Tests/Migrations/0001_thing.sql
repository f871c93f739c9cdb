create table thing (
    thing_id uuid primary key,
    name text not null
);
grant select, insert on thing to shared_tests;
