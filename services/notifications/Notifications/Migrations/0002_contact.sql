-- A changed contact is told to the old and to the new one; both are asked of Identity when the notice is sent, and kept nowhere here.
alter table notice
    add column contact_change_id uuid,
    add column contact_side      text check (contact_side in ('old', 'new'));
