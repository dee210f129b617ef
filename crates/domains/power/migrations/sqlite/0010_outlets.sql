create table power_outlets (
  device_id text not null,
  outlet text not null,
  position integer not null,
  name text,
  label text,
  state text not null,
  current_amps real,
  power_watts real,
  energy_kwh real,
  protected integer not null,
  updated_at integer not null,
  primary key (device_id, outlet)
) strict;
