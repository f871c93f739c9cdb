-- The customer's history by pages: logins are read from where they are kept.
create index login_history on login (customer_id, decided_at, id) where decided_at is not null;
