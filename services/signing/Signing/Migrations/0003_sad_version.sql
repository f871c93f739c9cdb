-- How often credentials/extendTransaction renewed the SAD; the newest one counts.
alter table signing_transaction add column sad_version integer not null default 0;

-- closed: ended by the authorisation server after the signer had confirmed, such as by revoking its token.
alter table signing_transaction drop constraint signing_transaction_state_check;
alter table signing_transaction add constraint signing_transaction_state_check check (state in
    ('pending', 'confirming', 'active', 'signing', 'completed', 'rejected', 'expired', 'closed', 'failed'));
