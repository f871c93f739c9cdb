alter table thing add column count integer not null default 0;
grant update (count) on thing to shared_tests;
