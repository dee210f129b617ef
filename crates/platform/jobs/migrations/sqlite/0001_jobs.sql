create table schedules (
  id integer primary key autoincrement,
  uid text not null unique,
  name text not null,
  job_kind text not null,
  payload_json text not null,
  cron text not null,
  timezone text,
  enabled integer not null,
  next_run_at integer,
  due_at integer,
  last_run_at integer,
  last_state text,
  overlap text not null,
  misfire text not null,
  grace_s integer not null,
  jitter_s integer not null,
  until_at integer,
  organization_id integer,
  created_at integer not null,
  updated_at integer not null
) strict;
create index schedules_due on schedules (due_at) where enabled = 1;
create table jobs (
  id integer primary key autoincrement,
  uid text not null unique,
  kind text not null,
  pool text not null,
  state text not null,
  payload_json text not null,
  priority integer not null,
  run_at integer not null,
  attempts integer not null default 0,
  max_attempts integer not null,
  lease_owner text,
  lease_until integer,
  cancel_requested integer not null default 0,
  progress_json text,
  result_json text,
  error text,
  exit_code integer,
  trigger_name text not null,
  triggered_by text not null,
  schedule_id integer,
  parent_id integer,
  organization_id integer,
  project_id integer,
  concurrency_key text,
  idempotency_key text,
  timeout_s integer,
  created_at integer not null,
  started_at integer,
  finished_at integer,
  unique (kind, idempotency_key)
) strict;
create index jobs_queue on jobs (state, pool, priority desc, run_at, id);
create index jobs_lease on jobs (lease_owner) where state = 'running';
create index jobs_schedule on jobs (schedule_id, id) where schedule_id is not null;
create index jobs_kind on jobs (kind, id);
create index jobs_finished on jobs (finished_at) where finished_at is not null;
create unique index jobs_running_key on jobs (concurrency_key) where state = 'running' and concurrency_key is not null;
create table job_pools (
  name text primary key
) strict, without rowid;
