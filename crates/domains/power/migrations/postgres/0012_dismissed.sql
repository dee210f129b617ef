create table power_dismissed (
  device_id text primary key,
  at bigint not null
);
