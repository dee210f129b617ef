create table webhook_endpoints (
  id integer primary key autoincrement,
  uid text not null,
  hook_id text not null,
  name text not null,
  source text not null,
  verify_mode text not null,
  secret_enc text not null,
  previous_secret_enc text,
  previous_until integer,
  enabled integer not null,
  trigger_count integer not null,
  rejected integer not null,
  last_triggered integer,
  created_at integer not null
) strict;
create unique index "webhook_endpoints.hook_id" on webhook_endpoints (hook_id);
create table webhook_deliveries (
  id integer primary key autoincrement,
  uid text not null,
  endpoint_id integer references webhook_endpoints (id) on delete cascade,
  source text not null,
  scope text not null,
  delivery_id text not null,
  event_type text not null,
  headers text not null,
  body text not null,
  status text not null,
  duplicates integer not null,
  event_id integer,
  created_at integer not null
) strict;
create unique index "webhook_deliveries.identity" on webhook_deliveries (source, scope, delivery_id);
create index webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, id);
create index webhook_deliveries_created on webhook_deliveries (created_at);
