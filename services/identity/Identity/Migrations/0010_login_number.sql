-- The number that the login page shows and the phone must pick among the choices; a login without a page has none.
alter table login
    add column number         smallint check (number between 10 and 99),
    add column number_choices smallint[] check (number = any (number_choices));
