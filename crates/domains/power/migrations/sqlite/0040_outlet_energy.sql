-- Energy of single outlets beside that of the whole device, whose outlet is the empty text.
create table power_energy_totals_by_outlet (
  device_id text not null,
  outlet text not null,
  kwh_total real not null,
  cost_total real not null,
  estimated_kwh real not null,
  partial integer not null,
  method text not null,
  counter_last real,
  counter_seen_at integer,
  last_at integer,
  last_watts real,
  last_updated integer not null,
  primary key (device_id, outlet)
) strict;
insert into power_energy_totals_by_outlet
  select device_id, '', kwh_total, cost_total, estimated_kwh, partial, method, counter_last, counter_seen_at, last_at, last_watts, last_updated
  from power_energy_totals;
drop table power_energy_totals;
alter table power_energy_totals_by_outlet rename to power_energy_totals;

create table power_energy_buckets_by_outlet (
  device_id text not null,
  outlet text not null,
  bucket_start integer not null,
  wh real not null,
  cost real not null,
  covered_seconds real not null,
  estimated integer not null,
  primary key (device_id, outlet, bucket_start)
) strict;
insert into power_energy_buckets_by_outlet select device_id, '', bucket_start, wh, cost, covered_seconds, estimated from power_energy_buckets;
drop table power_energy_buckets;
alter table power_energy_buckets_by_outlet rename to power_energy_buckets;
