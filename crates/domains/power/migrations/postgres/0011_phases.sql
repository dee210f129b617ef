create table telemetry.power_phases (
  device_id text not null,
  at bigint not null,
  phase text not null,
  voltage double precision,
  current_amps double precision,
  power_watts double precision,
  load_percent double precision,
  primary key (device_id, at, phase)
);
create index power_phases_at on telemetry.power_phases (at);
