create table power_snapshots (
  id integer primary key autoincrement,
  at integer not null,
  device_id text not null,
  device_type text not null,
  power_watts real,
  load_percent real,
  voltage real,
  battery_percent real,
  runtime_seconds real,
  ups_status text,
  temperature_c real,
  extras text not null
) strict;
create unique index "power_snapshots.device_id, power_snapshots.at" on power_snapshots (device_id, at);
create index power_snapshots_at on power_snapshots (at);
