alter table alert_rules add column depends_on text not null default '[]';
alter table alert_rules add column group_by text not null default '[]';
alter table alert_firings add column withheld text;
alter table alert_firings add column flapping integer not null default 0;
create index alert_firings_incident on alert_firings (incident_id) where incident_id is not null;
create index alert_firings_fingerprint on alert_firings (fingerprint, started_at);
create table maintenance_windows (
  id integer primary key autoincrement,
  uid text not null,
  name text not null,
  schedule text,
  duration_min integer not null,
  starts_at integer,
  ends_at integer,
  timezone text,
  scope text not null,
  matchers text not null,
  suppress_alerts integer not null,
  suppress_shutdown integer not null,
  override_autonomy text,
  auto_close_alerts integer not null,
  heal_action text,
  reason text not null,
  enabled integer not null,
  created_by text not null,
  origin text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "maintenance_windows.uid" on maintenance_windows (uid);
create table maintenance_periods (
  id integer primary key autoincrement,
  window_id integer not null,
  name text not null,
  scope text not null,
  matchers text not null,
  origin text not null,
  started_at integer not null,
  ended_at integer
) strict;
create unique index "maintenance_periods.open" on maintenance_periods (window_id) where ended_at is null;
create index maintenance_periods_started on maintenance_periods (started_at);
create table watch_spans (
  id integer primary key autoincrement,
  started_at integer not null,
  ended_at integer not null
) strict;
create index watch_spans_ended on watch_spans (ended_at);
create table incidents (
  id integer primary key autoincrement,
  uid text not null,
  kind text not null,
  public integer not null,
  severity text not null,
  status text not null,
  title text not null,
  details text not null,
  source text not null,
  subject text,
  fingerprint text,
  organization_id integer,
  project_id integer,
  started_at integer not null,
  resolved_at integer,
  resolved_by text,
  created_by text not null,
  assigned_to text,
  auto_generated integer not null,
  root_cause text,
  correlation text not null,
  postmortem text,
  merged_into integer references incidents (id),
  updated_at integer not null
) strict;
create unique index "incidents.uid" on incidents (uid);
create unique index "incidents.open" on incidents (fingerprint) where resolved_at is null and fingerprint is not null;
create index incidents_started on incidents (started_at, id);
create index incidents_open on incidents (id) where resolved_at is null;
create table incident_updates (
  id integer primary key autoincrement,
  incident_id integer not null references incidents (id) on delete cascade,
  message text not null,
  status text not null,
  created_at integer not null,
  created_by text not null
) strict;
create index incident_updates_incident on incident_updates (incident_id, id);
create table incident_messages (
  id integer primary key autoincrement,
  incident_id integer not null references incidents (id) on delete cascade,
  author text not null,
  message text not null,
  msg_type text not null,
  created_at integer not null
) strict;
create index incident_messages_incident on incident_messages (incident_id, id);
create table status_components (
  id integer primary key autoincrement,
  name text not null,
  group_name text not null,
  service_key text,
  display_order integer not null,
  enabled integer not null
) strict;
