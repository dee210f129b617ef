create table telemetry.power_snapshots (
  id bigint generated always as identity primary key,
  at bigint not null,
  device_id text not null,
  device_type text not null,
  power_watts double precision,
  load_percent double precision,
  voltage double precision,
  battery_percent double precision,
  runtime_seconds double precision,
  ups_status text,
  temperature_c double precision,
  extras text not null
);
create unique index "power_snapshots.device_id, power_snapshots.at" on telemetry.power_snapshots (device_id, at);
create index power_snapshots_at on telemetry.power_snapshots (at);
