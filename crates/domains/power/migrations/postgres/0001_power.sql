create table power_devices (
  id text primary key,
  name text not null,
  type text not null,
  poller text not null,
  host text not null,
  port bigint not null,
  enabled boolean not null,
  connection_config text not null,
  secrets_enc text,
  model text,
  firmware text,
  serial text,
  manufacturer text,
  last_seen bigint,
  tags text not null,
  device_group text,
  location text,
  rated_power_watts double precision,
  nominal_power_factor double precision not null,
  thresholds text not null,
  poll_seconds bigint,
  feeds text not null,
  source text not null,
  created_at bigint not null,
  updated_at bigint not null
);

create table power_states (
  device_id text primary key,
  state text not null,
  updated_at bigint not null
);

create table power_outages (
  id bigint generated always as identity primary key,
  device_id text not null,
  device_name text not null,
  started_at bigint not null,
  ended_at bigint,
  battery_start double precision,
  battery_end double precision,
  min_runtime_seconds double precision,
  max_load double precision,
  ended_by text
);
create index power_outages_device on power_outages (device_id, started_at);

create table power_energy_totals (
  device_id text primary key,
  kwh_total double precision not null,
  cost_total double precision not null,
  estimated_kwh double precision not null,
  partial boolean not null,
  method text not null,
  counter_last double precision,
  counter_seen_at bigint,
  last_at bigint,
  last_watts double precision,
  last_updated bigint not null
);

create table power_energy_buckets (
  device_id text not null,
  bucket_start bigint not null,
  wh double precision not null,
  cost double precision not null,
  covered_seconds double precision not null,
  estimated boolean not null,
  primary key (device_id, bucket_start)
);

create table power_tariffs (
  id bigint generated always as identity primary key,
  valid_from bigint not null,
  body text not null,
  created_at bigint not null
);
create unique index "power_tariffs.valid_from" on power_tariffs (valid_from);
