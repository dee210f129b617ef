create table approvals (
  id integer primary key autoincrement,
  uid text not null unique,
  kind text not null,
  status text not null,
  job_id integer not null unique,
  schedule_id integer,
  trigger_name text not null,
  action_type text not null,
  action_params_json text not null,
  description text not null,
  target text,
  thread_id text,
  organization_id integer,
  project_id integer,
  required_permission text not null,
  policy_json text not null,
  modifiable_json text not null,
  changes_json text,
  risk text,
  evidence_json text,
  denied_runs integer not null,
  stage text not null,
  defers integer not null default 0,
  comment text,
  requested_at integer not null,
  requested_by text not null,
  decided_at integer,
  decided_by text,
  self_approved integer not null default 0,
  escalate_at integer,
  expires_at integer
) strict;
create index approvals_status on approvals (status, id);
create unique index approvals_thread on approvals (thread_id) where status = 'pending' and thread_id is not null;
create table approval_votes (
  approval_id integer not null,
  username text not null,
  comment text,
  at integer not null,
  primary key (approval_id, username)
) strict, without rowid;
