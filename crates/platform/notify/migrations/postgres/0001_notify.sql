create table notification_channels (
  id bigint generated always as identity primary key,
  uid text not null,
  name text not null,
  type text not null,
  enabled boolean not null,
  verified boolean not null,
  broadcast boolean not null,
  config_enc text not null,
  template text not null,
  rate_per_minute bigint not null,
  rate_per_hour bigint not null,
  retry text not null,
  quiet_hours text,
  organization_id bigint,
  project_id bigint,
  origin text not null,
  last_sent_at bigint,
  sent_today bigint not null,
  sent_day bigint not null,
  failures bigint not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "notification_channels.uid" on notification_channels (uid);
create unique index "notification_channels.name" on notification_channels (name);
create table notification_rules (
  id bigint generated always as identity primary key,
  uid text not null,
  name text not null,
  channel_id bigint not null references notification_channels (id) on delete cascade,
  kinds text not null,
  min_severity text,
  severities text not null,
  host_ids text not null,
  device_ids text not null,
  node_ids text not null,
  tags text not null,
  conditions text,
  throttle_s bigint not null,
  throttle_key text,
  priority text,
  template text,
  enabled boolean not null,
  origin text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "notification_rules.uid" on notification_rules (uid);
create index notification_rules_channel on notification_rules (channel_id);
create table notification_deliveries (
  id bigint generated always as identity primary key,
  uid text not null,
  rule_id bigint references notification_rules (id) on delete set null,
  channel_id bigint references notification_channels (id) on delete set null,
  channel_name text not null,
  event_id bigint,
  event_type text not null,
  severity text not null,
  source text not null,
  subject text not null,
  event_payload text not null,
  rendered_payload text not null,
  status text not null,
  reason text,
  attempts bigint not null,
  next_at bigint not null,
  http_status bigint,
  error text,
  created_at bigint not null,
  sent_at bigint
);
create unique index "notification_deliveries.uid" on notification_deliveries (uid);
create index notification_deliveries_queue on notification_deliveries (channel_id, next_at) where status = 'pending';
create index notification_deliveries_created on notification_deliveries (created_at);
create index notification_deliveries_throttle on notification_deliveries (rule_id, event_type, subject, created_at) where rule_id is not null;
create index notification_deliveries_event on notification_deliveries (event_id, channel_id) where event_id is not null;
create table inbox (
  id bigint generated always as identity primary key,
  uid text not null,
  user_id bigint,
  role text,
  organization_id bigint,
  type text not null,
  level text not null,
  priority text not null,
  title text not null,
  message text not null,
  action_url text,
  data text not null,
  event_id bigint,
  created_at bigint not null
);
create unique index "inbox.uid" on inbox (uid);
create index inbox_created on inbox (created_at);
create table inbox_reads (
  inbox_id bigint not null references inbox (id) on delete cascade,
  reader text not null,
  read_at bigint not null,
  primary key (inbox_id, reader)
);
