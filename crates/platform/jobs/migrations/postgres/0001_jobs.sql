create table schedules (
  id bigint generated always as identity primary key,
  uid text not null,
  name text not null,
  job_kind text not null,
  payload_json text not null,
  cron text not null,
  timezone text,
  enabled boolean not null,
  next_run_at bigint,
  due_at bigint,
  last_run_at bigint,
  last_state text,
  overlap text not null,
  misfire text not null,
  grace_s bigint not null,
  jitter_s bigint not null,
  until_at bigint,
  organization_id bigint,
  created_at bigint not null,
  updated_at bigint not null,
  constraint "schedules.uid" unique (uid)
);
create index schedules_due on schedules (due_at) where enabled;
create table jobs (
  id bigint generated always as identity primary key,
  uid text not null,
  kind text not null,
  pool text not null,
  state text not null,
  payload_json text not null,
  priority bigint not null,
  run_at bigint not null,
  attempts bigint not null default 0,
  max_attempts bigint not null,
  lease_owner text,
  lease_until bigint,
  cancel_requested boolean not null default false,
  progress_json text,
  result_json text,
  error text,
  exit_code bigint,
  trigger_name text not null,
  triggered_by text not null,
  schedule_id bigint,
  parent_id bigint,
  organization_id bigint,
  project_id bigint,
  concurrency_key text,
  idempotency_key text,
  timeout_s bigint,
  created_at bigint not null,
  started_at bigint,
  finished_at bigint,
  constraint "jobs.uid" unique (uid),
  constraint "jobs.kind, jobs.idempotency_key" unique (kind, idempotency_key)
);
create index jobs_queue on jobs (state, pool, priority desc, run_at, id);
create index jobs_lease on jobs (lease_owner) where state = 'running';
create index jobs_schedule on jobs (schedule_id, id) where schedule_id is not null;
create index jobs_kind on jobs (kind, id);
create index jobs_finished on jobs (finished_at) where finished_at is not null;
create unique index "jobs.concurrency_key" on jobs (concurrency_key) where state = 'running' and concurrency_key is not null;
create table job_pools (
  name text primary key
);
