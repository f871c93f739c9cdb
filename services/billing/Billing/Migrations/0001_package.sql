-- What is sold. A row is never changed: another content is another code, another price another tariff row (R-040).
create table package (
    code text primary key,
    position integer not null unique,
    name_en text not null,
    name_bg text not null,
    units integer check (units > 0), -- null: unlimited
    months integer not null check (months > 0)
);
create table tariff (
    code text not null references package (code),
    valid_from date not null,
    currency text not null check (currency in ('BGN', 'EUR')), -- the one in which the price was born (R-044)
    gross_minor bigint not null check (gross_minor >= 0), -- with VAT, in hundredths
    vat_percent integer not null check (vat_percent between 0 and 100),
    primary key (code, valid_from)
);
insert into package (code, position, name_en, name_bg, units, months) values
    ('FREE', 1, 'Free of charge', 'Безплатен', 3, 12),
    ('ECON', 2, 'Economical', 'Икономичен', 7, 1),
    ('PRACT', 3, 'Practical', 'Практичен', 100, 12),
    ('UNL_M', 4, 'Unlimited', 'Неограничен', null, 1),
    ('UNL_Y', 5, 'Unlimited Plus', 'Неограничен Плюс', null, 12);
insert into tariff (code, valid_from, currency, gross_minor, vat_percent) values
    ('FREE', '2024-01-01', 'BGN', 0, 20),
    ('ECON', '2024-01-01', 'BGN', 630, 20),
    ('PRACT', '2024-01-01', 'BGN', 6240, 20),
    ('UNL_M', '2024-01-01', 'BGN', 1080, 20),
    ('UNL_Y', '2024-01-01', 'BGN', 11520, 20);
grant select on package, tariff to billing;
