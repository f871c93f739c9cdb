-- One row per certificate request (SM-4); data is the exact text whose hash the applicant's phone signs.
create table certificate_request (
    id                uuid        primary key,
    customer_id       uuid        not null,
    product           text        not null,
    algorithm         text        not null,
    state             text        not null check (state in ('DataConfirmationPending', 'AgreementSigned', 'Issuing', 'Issued', 'Rejected', 'Ended')),
    data              text        not null,
    agreement         text        not null,
    agreement_sha256  text        not null,
    agreement_language text       not null,
    proof             text,
    device_id         uuid,
    credential_id     uuid,
    csr               bytea,
    serial            text        unique,
    failure           text,
    attempts          integer     not null default 0,
    next_attempt_at   timestamptz not null,
    claimed_until     timestamptz,
    created_at        timestamptz not null,
    changed_at        timestamptz not null
);
-- R-108: one active personal cloud certificate per person; a race of two requests ends here.
create unique index one_active_request on certificate_request (customer_id, product) where state not in ('Rejected', 'Ended');
create index certificate_request_open on certificate_request (next_attempt_at) where state in ('AgreementSigned', 'Issuing');

-- Every transition, append only (SM-4).
create table request_transition (
    request_id uuid        not null references certificate_request (id),
    at         timestamptz not null,
    state      text        not null,
    detail     text
);
create index request_transition_request on request_transition (request_id, at);

grant select, insert, update on certificate_request to registration;
grant select, insert on request_transition to registration;
