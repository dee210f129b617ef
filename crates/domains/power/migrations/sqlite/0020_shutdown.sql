create table power_shutdown_plans (
  id integer primary key autoincrement,
  uid text not null,
  name text not null,
  enabled integer not null,
  armed integer not null,
  body text not null,
  secrets_enc text,
  watch text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "power_shutdown_plans.name" on power_shutdown_plans (name);

create table power_shutdown_runs (
  id integer primary key autoincrement,
  plan_id integer not null,
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
  saw_battery integer not null,
  restore_wanted integer not null,
  started_at integer not null,
  ended_at integer
) strict;
create index power_shutdown_runs_plan on power_shutdown_runs (plan_id, id);

create table power_shutdown_steps (
  id integer primary key autoincrement,
  run_id integer not null,
  direction text not null,
  phase integer not null,
  step_id text not null,
  name text not null,
  kind text not null,
  target text not null,
  command text not null,
  share_key text,
  state text not null,
  attempts integer not null,
  result text,
  started_at integer,
  ended_at integer
) strict;
create unique index "power_shutdown_steps.run_id, power_shutdown_steps.direction, power_shutdown_steps.step_id"
  on power_shutdown_steps (run_id, direction, step_id);
