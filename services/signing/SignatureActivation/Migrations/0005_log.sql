-- The tamper-evident log: every audit record is a leaf, in the order in which the sequencer found them.
create table log_entry (
    position bigint primary key,
    chain uuid not null,                -- the audit record
    number bigint not null,
    transaction_id uuid,                -- of a record about a transaction
    hash bytea not null,                -- RFC 6962 leaf hash over the UTF-8 content of the record
    unique (chain, number)
);
create index log_entry_transaction on log_entry (transaction_id) where transaction_id is not null;

-- Roots of full tiles (C2SP tlog-tiles): a node of level L covers 256^L leaves. Level 0 stands in log_entry.
create table log_node (
    level smallint not null,
    position bigint not null,
    hash bytea not null,
    primary key (level, position)
);

create table log_checkpoint (
    size bigint primary key,
    note text not null,                 -- signed by the HSM
    signed_at timestamptz not null
);

grant select, insert on log_entry, log_node, log_checkpoint to signature_activation;
