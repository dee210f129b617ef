create table webhook_endpoints (
  id bigint generated always as identity primary key,
  uid text not null,
  hook_id text not null,
  name text not null,
  source text not null,
  verify_mode text not null,
  secret_enc text not null,
  previous_secret_enc text,
  previous_until bigint,
  enabled boolean not null,
  trigger_count bigint not null,
  rejected bigint not null,
  last_triggered bigint,
  created_at bigint not null
);
create unique index "webhook_endpoints.hook_id" on webhook_endpoints (hook_id);
create table webhook_deliveries (
  id bigint generated always as identity primary key,
  uid text not null,
  endpoint_id bigint references webhook_endpoints (id) on delete cascade,
  source text not null,
  scope text not null,
  delivery_id text not null,
  event_type text not null,
  headers text not null,
  body text not null,
  status text not null,
  duplicates bigint not null,
  event_id bigint,
  created_at bigint not null
);
create unique index "webhook_deliveries.identity" on webhook_deliveries (source, scope, delivery_id);
create index webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, id);
create index webhook_deliveries_created on webhook_deliveries (created_at);
