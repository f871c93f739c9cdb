-- A slot is used up in the transaction in which its signature is made and recorded, so it goes from AUTHORISED to CONSUMED in one step.
-- RESERVED is what an earlier version left when it died; no way leads back from there any more than before.
create or replace function guard_slot() returns trigger language plpgsql as $$
begin
    raise exception 'a slot does not go from % to %', old.state, new.state using errcode = 'check_violation';
end $$;

drop trigger guard_slot on slot;
create trigger guard_slot before update on slot for each row
    when ((old.state, new.state) not in
        (('AUTHORISED', 'CONSUMED'), ('AUTHORISED', 'RESERVED'), ('RESERVED', 'AUTHORISED'), ('RESERVED', 'CONSUMED')))
    execute function guard_slot(); -- called only for what is refused

alter table slot set (fillfactor = 50); -- leaves room beside a row for its next version, so that the index is not touched
