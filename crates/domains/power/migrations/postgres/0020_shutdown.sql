create table power_shutdown_plans (
  id bigint generated always as identity primary key,
  uid text not null,
  name text not null,
  enabled boolean not null,
  armed boolean not null,
  body text not null,
  secrets_enc text,
  watch text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "power_shutdown_plans.name" on power_shutdown_plans (name);

create table power_shutdown_runs (
  id bigint generated always as identity primary key,
  plan_id bigint not null,
  plan_uid text not null,
  plan_name text not null,
  mode text not null,
  state text not null,
  trigger_kind text not null,
  reason text,
  started_by text not null,
  body text not null,
  secrets_enc text,
  stop text,
  stop_by text,
  saw_battery boolean not null,
  restore_wanted boolean not null,
  started_at bigint not null,
  ended_at bigint
);
create index power_shutdown_runs_plan on power_shutdown_runs (plan_id, id);

create table power_shutdown_steps (
  id bigint generated always as identity primary key,
  run_id bigint not null,
  direction text not null,
  phase bigint not null,
  step_id text not null,
  name text not null,
  kind text not null,
  target text not null,
  command text not null,
  share_key text,
  state text not null,
  attempts bigint not null,
  result text,
  started_at bigint,
  ended_at bigint
);
create unique index "power_shutdown_steps.run_id, power_shutdown_steps.direction, power_shutdown_steps.step_id"
  on power_shutdown_steps (run_id, direction, step_id);
