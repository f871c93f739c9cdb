-- The whole of SM-2: devices that another one endorses, PIN lock, replacement, bindings that nobody completed; and who has seen a new device.
alter table device drop constraint device_state_check;
alter table device add constraint device_state_check check (state in ('PendingBinding', 'Active', 'PinLocked', 'Detached', 'Replaced', 'Expired'));
alter table device alter column verification_id drop not null; -- an endorsement is evidence as well
alter table device
    add column endorsement text, -- JWS of another device, for the SAM
    add column endorsed_by uuid references device,
    add column replaced_by uuid references device,
    add column pin_set_at  timestamptz,
    add column place       text not null default '';
create index device_pending on device (created_at) where state = 'PendingBinding';

create table device_acknowledgement (
    device_id       uuid not null references device, -- who has seen it
    new_device_id   uuid not null references device,
    acknowledged_at timestamptz not null,
    primary key (device_id, new_device_id)
);
grant select, insert on device_acknowledgement to identity;
