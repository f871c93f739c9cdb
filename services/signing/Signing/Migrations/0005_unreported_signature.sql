-- Signatures made with a SAD of which no event tells yet. One row for each transaction, changed in place; the reporter takes it away.
create table unreported_signature (
    transaction_id uuid primary key references signing_transaction,
    count          integer not null check (count > 0)
) with (fillfactor = 50); -- leaves room beside a row for its next version

grant select, insert, update, delete on unreported_signature to signing;
