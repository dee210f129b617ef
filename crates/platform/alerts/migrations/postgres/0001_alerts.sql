create table alert_rules (
  id text primary key,
  position bigint not null,
  name text not null,
  condition text not null,
  clear_condition text,
  for_s bigint not null,
  severity text not null,
  message text not null,
  channels text not null,
  cooldown_s bigint not null,
  group_name text not null,
  escalation text not null,
  escalation_chain text not null,
  autonomy text not null,
  auto_approve_timeout bigint not null,
  circuit_break_after bigint not null,
  max_retries bigint not null,
  action text,
  scope text not null,
  enabled boolean not null,
  builtin boolean not null,
  origin text not null,
  extra text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index alert_rules_position on alert_rules (position, id);
create table alert_firings (
  id bigint generated always as identity primary key,
  uid text not null,
  rule_id text not null,
  fingerprint text not null,
  severity text not null,
  message text not null,
  cause text,
  value double precision,
  labels text not null,
  group_name text not null,
  source_type text,
  source_name text,
  started_at bigint not null,
  resolved_at bigint,
  silenced_until bigint,
  silenced_by text,
  acknowledged_by text,
  acknowledged_at bigint,
  incident_id bigint,
  event_id bigint,
  escalation_step bigint not null,
  last_notified_at bigint,
  notified boolean not null
);
create unique index "alert_firings.uid" on alert_firings (uid);
create unique index "alert_firings.open" on alert_firings (fingerprint) where resolved_at is null;
create index alert_firings_started on alert_firings (started_at, id);
create index alert_firings_rule on alert_firings (rule_id, started_at);
create index alert_firings_source on alert_firings (source_type, started_at) where source_type is not null;
create table rule_states (
  rule_id text not null references alert_rules (id) on delete cascade,
  fingerprint text not null,
  phase text not null,
  since bigint not null,
  notified boolean not null,
  escalation_step bigint not null,
  last_notified_at bigint,
  firing_id bigint,
  updated_at bigint not null,
  primary key (fingerprint)
);
create index rule_states_rule on rule_states (rule_id);
