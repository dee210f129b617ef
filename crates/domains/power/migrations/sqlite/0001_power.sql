create table power_devices (
  id text primary key,
  name text not null,
  type text not null,
  poller text not null,
  host text not null,
  port integer not null,
  enabled integer not null,
  connection_config text not null,
  secrets_enc text,
  model text,
  firmware text,
  serial text,
  manufacturer text,
  last_seen integer,
  tags text not null,
  device_group text,
  location text,
  rated_power_watts real,
  nominal_power_factor real not null,
  thresholds text not null,
  poll_seconds integer,
  feeds text not null,
  source text not null,
  created_at integer not null,
  updated_at integer not null
) strict;

create table power_states (
  device_id text primary key,
  state text not null,
  updated_at integer not null
) strict;

create table power_outages (
  id integer primary key autoincrement,
  device_id text not null,
  device_name text not null,
  started_at integer not null,
  ended_at integer,
  battery_start real,
  battery_end real,
  min_runtime_seconds real,
  max_load real,
  ended_by text
) strict;
create index power_outages_device on power_outages (device_id, started_at);

create table power_energy_totals (
  device_id text primary key,
  kwh_total real not null,
  cost_total real not null,
  estimated_kwh real not null,
  partial integer not null,
  method text not null,
  counter_last real,
  counter_seen_at integer,
  last_at integer,
  last_watts real,
  last_updated integer not null
) strict;

create table power_energy_buckets (
  device_id text not null,
  bucket_start integer not null,
  wh real not null,
  cost real not null,
  covered_seconds real not null,
  estimated integer not null,
  primary key (device_id, bucket_start)
) strict;

create table power_tariffs (
  id integer primary key autoincrement,
  valid_from integer not null,
  body text not null,
  created_at integer not null
) strict;
create unique index "power_tariffs.valid_from" on power_tariffs (valid_from);
