create table approvals (
  id bigint generated always as identity primary key,
  uid text not null,
  kind text not null,
  status text not null,
  job_id bigint not null,
  schedule_id bigint,
  trigger_name text not null,
  action_type text not null,
  action_params_json text not null,
  description text not null,
  target text,
  thread_id text,
  organization_id bigint,
  project_id bigint,
  required_permission text not null,
  policy_json text not null,
  modifiable_json text not null,
  changes_json text,
  risk text,
  evidence_json text,
  denied_runs boolean not null,
  stage text not null,
  defers bigint not null default 0,
  comment text,
  requested_at bigint not null,
  requested_by text not null,
  decided_at bigint,
  decided_by text,
  self_approved boolean not null default false,
  escalate_at bigint,
  expires_at bigint,
  constraint "approvals.uid" unique (uid),
  constraint "approvals.job_id" unique (job_id)
);
create index approvals_status on approvals (status, id);
create unique index "approvals.thread_id" on approvals (thread_id) where status = 'pending' and thread_id is not null;
create table approval_votes (
  approval_id bigint not null,
  username text not null,
  comment text,
  at bigint not null,
  constraint "approval_votes.approval_id, approval_votes.username" primary key (approval_id, username)
);
