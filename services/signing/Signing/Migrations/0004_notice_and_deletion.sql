-- Where a client wants to be told that a result of operationMode A can be fetched, and when that is tried (again).
alter table polled_result add column response_uri text;
alter table polled_result add column notify_at timestamptz;
alter table polled_result add column notify_attempts integer not null default 0;
create index polled_result_notify_at on polled_result (notify_at) where notify_at is not null;

-- credentials/delete: the key is destroyed, the certificate data stay for the retention period.
alter table credential add column deleted_at timestamptz;
