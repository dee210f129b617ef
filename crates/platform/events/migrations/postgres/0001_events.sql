create table events (
  id bigint generated always as identity primary key,
  uid text not null,
  source text not null,
  kind text not null,
  severity text not null,
  subject_type text,
  subject_id text,
  subject_name text,
  organization_id bigint,
  project_id bigint,
  node_uid text,
  message text not null,
  data_json text not null,
  dedup_key text,
  correlation_id text,
  actor text,
  event_time bigint,
  created_at bigint not null,
  flood_key text,
  repeat_count bigint not null default 1,
  last_at bigint not null,
  acknowledged_by text,
  acknowledged_at bigint,
  note text,
  constraint "events.uid" unique (uid)
);
create index events_created_at on events (created_at, id);
create index events_source on events (source, id);
create index events_kind on events (kind, id);
create index events_subject on events (subject_type, subject_id, id);
create index events_flood on events (flood_key, id) where flood_key is not null;
create table bus_cursors (
  name text primary key,
  last_id bigint not null,
  updated_at bigint not null
);
