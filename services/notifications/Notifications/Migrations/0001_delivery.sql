-- One-time codes that were sent: neither the code nor the recipient is kept.
create table code_delivery (
    message_id uuid primary key,
    channel text not null check (channel in ('email', 'sms')),
    purpose text not null,
    attempts integer not null default 1,
    sent_at timestamptz
);
-- Notices to customers: kept from the event until the mail server has accepted them, and as a log afterwards.
create table notice (
    notice_id uuid primary key, -- of the event that led to it
    customer_id uuid not null,
    kind text not null,
    facts jsonb not null, -- what the text shows; identifiers and times, no secret
    created_at timestamptz not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null,
    state text not null default 'pending' check (state in ('pending', 'sent', 'given-up')),
    ended_at timestamptz
);
create index notice_due on notice (next_attempt_at) where state = 'pending';
grant select, insert, update on code_delivery to notifications;
grant select, insert on notice to notifications;
grant update (attempts, next_attempt_at, state, ended_at) on notice to notifications;
