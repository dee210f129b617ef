create table power_phases (
  device_id text not null,
  at integer not null,
  phase text not null,
  voltage real,
  current_amps real,
  power_watts real,
  load_percent real,
  primary key (device_id, at, phase)
) strict;
create index power_phases_at on power_phases (at);
