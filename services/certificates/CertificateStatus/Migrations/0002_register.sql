-- The public register (R-220 to R-224). No personal number stands in a column; one may stand inside a certificate whose holder agreed to its publication.
create table registered_certificate (
    serial       text primary key,      -- upper-case hex
    issuer       text not null,         -- common name of the authority
    profile      text not null,
    name         text not null,
    organisation text,
    email_key    text collate "C",      -- lower case; searched for, never shown
    not_before   timestamptz not null,
    not_after    timestamptz not null,
    state        text not null check (state in ('active', 'suspended', 'revoked')), -- expiry follows from the clock
    since        timestamptz not null,
    publication  text not null check (publication in ('listed', 'certificate', 'status')),
    certificate  bytea,                 -- DER, only when its holder agreed to publication
    check ((publication = 'certificate') = (certificate is not null))
);
create index registered_certificate_email on registered_certificate (email_key, serial);

-- What a search by name may begin with: the name turned so that each of its words comes first once. A search is a range of this index, whatever the size of the register.
create table register_key (
    kind   text not null check (kind in ('name', 'organisation')),
    key    text collate "C" not null,
    serial text not null references registered_certificate (serial),
    state  text not null default 'active', -- of the certificate
    primary key (kind, key, serial)
);
create index register_key_serial on register_key (serial, kind);
-- So that the few that are suspended or revoked are not looked for among all of a common name.
create index register_key_stopped on register_key (kind, key, serial) where state in ('suspended', 'revoked');

grant select, insert on registered_certificate, register_key to certificate_status;
grant update (state, since) on registered_certificate to certificate_status;
grant update (state) on register_key to certificate_status;
