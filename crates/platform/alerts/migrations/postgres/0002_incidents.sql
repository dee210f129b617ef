alter table alert_rules add column depends_on text not null default '[]';
alter table alert_rules add column group_by text not null default '[]';
alter table alert_firings add column withheld text;
alter table alert_firings add column flapping boolean not null default false;
create index alert_firings_incident on alert_firings (incident_id) where incident_id is not null;
create index alert_firings_fingerprint on alert_firings (fingerprint, started_at);
create table maintenance_windows (
  id bigint generated always as identity primary key,
  uid text not null,
  name text not null,
  schedule text,
  duration_min bigint not null,
  starts_at bigint,
  ends_at bigint,
  timezone text,
  scope text not null,
  matchers text not null,
  suppress_alerts boolean not null,
  suppress_shutdown boolean not null,
  override_autonomy text,
  auto_close_alerts boolean not null,
  heal_action text,
  reason text not null,
  enabled boolean not null,
  created_by text not null,
  origin text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "maintenance_windows.uid" on maintenance_windows (uid);
create table maintenance_periods (
  id bigint generated always as identity primary key,
  window_id bigint not null,
  name text not null,
  scope text not null,
  matchers text not null,
  origin text not null,
  started_at bigint not null,
  ended_at bigint
);
create unique index "maintenance_periods.open" on maintenance_periods (window_id) where ended_at is null;
create index maintenance_periods_started on maintenance_periods (started_at);
create table watch_spans (
  id bigint generated always as identity primary key,
  started_at bigint not null,
  ended_at bigint not null
);
create index watch_spans_ended on watch_spans (ended_at);
create table incidents (
  id bigint generated always as identity primary key,
  uid text not null,
  kind text not null,
  public boolean not null,
  severity text not null,
  status text not null,
  title text not null,
  details text not null,
  source text not null,
  subject text,
  fingerprint text,
  organization_id bigint,
  project_id bigint,
  started_at bigint not null,
  resolved_at bigint,
  resolved_by text,
  created_by text not null,
  assigned_to text,
  auto_generated boolean not null,
  root_cause text,
  correlation text not null,
  postmortem text,
  merged_into bigint references incidents (id),
  updated_at bigint not null
);
create unique index "incidents.uid" on incidents (uid);
create unique index "incidents.open" on incidents (fingerprint) where resolved_at is null and fingerprint is not null;
create index incidents_started on incidents (started_at, id);
create index incidents_open on incidents (id) where resolved_at is null;
create table incident_updates (
  id bigint generated always as identity primary key,
  incident_id bigint not null references incidents (id) on delete cascade,
  message text not null,
  status text not null,
  created_at bigint not null,
  created_by text not null
);
create index incident_updates_incident on incident_updates (incident_id, id);
create table incident_messages (
  id bigint generated always as identity primary key,
  incident_id bigint not null references incidents (id) on delete cascade,
  author text not null,
  message text not null,
  msg_type text not null,
  created_at bigint not null
);
create index incident_messages_incident on incident_messages (incident_id, id);
create table status_components (
  id bigint generated always as identity primary key,
  name text not null,
  group_name text not null,
  service_key text,
  display_order bigint not null,
  enabled boolean not null
);
