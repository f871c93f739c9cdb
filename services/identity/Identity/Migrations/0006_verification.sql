-- The whole of SM-3: capture at the provider, clarification, decisions by staff; evidence that is only ever added to.
alter table verification drop constraint verification_state_check;
alter table verification add constraint verification_state_check
    check (state in ('Started', 'Submitted', 'Positive', 'Negative', 'SuspendedUntilClarification', 'Abandoned', 'Failed'));
alter table verification
    add column document_expires_on date,
    add column capture_url         text,
    add column proposed_outcome    text check (proposed_outcome in ('positive', 'negative')), -- by the first of two operators
    add column proposed_by         uuid,
    add column proposed_at         timestamptz;
alter table person add column document_expires_on date;
drop index verification_due;
create index verification_due on verification (next_check_at) where state in ('Started', 'Submitted', 'SuspendedUntilClarification');

create table verification_evidence (
    id              uuid primary key,
    verification_id uuid not null references verification,
    at              timestamptz not null,
    kind            text not null check (kind in ('submitted', 'examined', 'clarified', 'proposed', 'decided', 'viewed')),
    actor           text not null,
    content         jsonb not null
);
create index verification_evidence_case on verification_evidence (verification_id, at, id);
grant select, insert on verification_evidence to identity;
