create table alert_rules (
  id text primary key,
  position integer not null,
  name text not null,
  condition text not null,
  clear_condition text,
  for_s integer not null,
  severity text not null,
  message text not null,
  channels text not null,
  cooldown_s integer not null,
  group_name text not null,
  escalation text not null,
  escalation_chain text not null,
  autonomy text not null,
  auto_approve_timeout integer not null,
  circuit_break_after integer not null,
  max_retries integer not null,
  action text,
  scope text not null,
  enabled integer not null,
  builtin integer not null,
  origin text not null,
  extra text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create index alert_rules_position on alert_rules (position, id);
create table alert_firings (
  id integer primary key autoincrement,
  uid text not null,
  rule_id text not null,
  fingerprint text not null,
  severity text not null,
  message text not null,
  cause text,
  value real,
  labels text not null,
  group_name text not null,
  source_type text,
  source_name text,
  started_at integer not null,
  resolved_at integer,
  silenced_until integer,
  silenced_by text,
  acknowledged_by text,
  acknowledged_at integer,
  incident_id integer,
  event_id integer,
  escalation_step integer not null,
  last_notified_at integer,
  notified integer not null
) strict;
create unique index "alert_firings.uid" on alert_firings (uid);
create unique index "alert_firings.open" on alert_firings (fingerprint) where resolved_at is null;
create index alert_firings_started on alert_firings (started_at, id);
create index alert_firings_rule on alert_firings (rule_id, started_at);
create index alert_firings_source on alert_firings (source_type, started_at) where source_type is not null;
create table rule_states (
  rule_id text not null references alert_rules (id) on delete cascade,
  fingerprint text not null,
  phase text not null,
  since integer not null,
  notified integer not null,
  escalation_step integer not null,
  last_notified_at integer,
  firing_id integer,
  updated_at integer not null,
  primary key (fingerprint)
) strict;
create index rule_states_rule on rule_states (rule_id);
