create table power_outlets (
  device_id text not null,
  outlet text not null,
  position bigint not null,
  name text,
  label text,
  state text not null,
  current_amps double precision,
  power_watts double precision,
  energy_kwh double precision,
  protected boolean not null,
  updated_at bigint not null,
  primary key (device_id, outlet)
);
