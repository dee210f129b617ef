create table power_dismissed (
  device_id text primary key,
  at integer not null
) strict;
