-- What the public register may tell of a certificate, as its holder decided with the request (R-221, R-222).
alter table certificate add column publication text not null default 'listed' check (publication in ('listed', 'certificate', 'status'));
