-- R-126: the identifier that the app shows beside a changing code; steps whose code was used; wrong codes.
alter table customer add column profile_number text;
create unique index customer_profile_number on customer (profile_number);
do $$
declare
    each uuid;
begin
    for each in select id from customer where profile_number is null loop
        loop
            begin
                update customer set profile_number = to_char(floor(random() * 1000)::int, 'FM000') || '-' || to_char(floor(random() * 1000000)::int, 'FM000000') where id = each;
                exit;
            exception when unique_violation then
                null; -- another number
            end;
        end loop;
    end loop;
end $$;

create table profile_code_use (
    customer_id uuid not null references customer,
    step        bigint not null, -- of 30 seconds since 1970
    primary key (customer_id, step)
);
create table profile_code_failure (
    customer_id  uuid primary key references customer,
    wrong        int not null,
    locked_until timestamptz
);
grant select, insert, delete on profile_code_use to identity;
grant select, insert, update, delete on profile_code_failure to identity;
