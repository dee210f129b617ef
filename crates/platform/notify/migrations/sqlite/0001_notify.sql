create table notification_channels (
  id integer primary key autoincrement,
  uid text not null,
  name text not null,
  type text not null,
  enabled integer not null,
  verified integer not null,
  broadcast integer not null,
  config_enc text not null,
  template text not null,
  rate_per_minute integer not null,
  rate_per_hour integer not null,
  retry text not null,
  quiet_hours text,
  organization_id integer,
  project_id integer,
  origin text not null,
  last_sent_at integer,
  sent_today integer not null,
  sent_day integer not null,
  failures integer not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "notification_channels.uid" on notification_channels (uid);
create unique index "notification_channels.name" on notification_channels (name);
create table notification_rules (
  id integer primary key autoincrement,
  uid text not null,
  name text not null,
  channel_id integer not null references notification_channels (id) on delete cascade,
  kinds text not null,
  min_severity text,
  severities text not null,
  host_ids text not null,
  device_ids text not null,
  node_ids text not null,
  tags text not null,
  conditions text,
  throttle_s integer not null,
  throttle_key text,
  priority text,
  template text,
  enabled integer not null,
  origin text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "notification_rules.uid" on notification_rules (uid);
create index notification_rules_channel on notification_rules (channel_id);
create table notification_deliveries (
  id integer primary key autoincrement,
  uid text not null,
  rule_id integer references notification_rules (id) on delete set null,
  channel_id integer references notification_channels (id) on delete set null,
  channel_name text not null,
  event_id integer,
  event_type text not null,
  severity text not null,
  source text not null,
  subject text not null,
  event_payload text not null,
  rendered_payload text not null,
  status text not null,
  reason text,
  attempts integer not null,
  next_at integer not null,
  http_status integer,
  error text,
  created_at integer not null,
  sent_at integer
) strict;
create unique index "notification_deliveries.uid" on notification_deliveries (uid);
create index notification_deliveries_queue on notification_deliveries (channel_id, next_at) where status = 'pending';
create index notification_deliveries_created on notification_deliveries (created_at);
create index notification_deliveries_throttle on notification_deliveries (rule_id, event_type, subject, created_at) where rule_id is not null;
create index notification_deliveries_event on notification_deliveries (event_id, channel_id) where event_id is not null;
create table inbox (
  id integer primary key autoincrement,
  uid text not null,
  user_id integer,
  role text,
  organization_id integer,
  type text not null,
  level text not null,
  priority text not null,
  title text not null,
  message text not null,
  action_url text,
  data text not null,
  event_id integer,
  created_at integer not null
) strict;
create unique index "inbox.uid" on inbox (uid);
create index inbox_created on inbox (created_at);
create table inbox_reads (
  inbox_id integer not null references inbox (id) on delete cascade,
  reader text not null,
  read_at integer not null,
  primary key (inbox_id, reader)
) strict, without rowid;
