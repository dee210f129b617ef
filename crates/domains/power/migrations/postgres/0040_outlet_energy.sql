-- Energy of single outlets beside that of the whole device, whose outlet is the empty text.
alter table power_energy_totals add column outlet text not null default '';
alter table power_energy_totals alter column outlet drop default;
alter table power_energy_totals drop constraint power_energy_totals_pkey;
alter table power_energy_totals add primary key (device_id, outlet);

alter table power_energy_buckets add column outlet text not null default '';
alter table power_energy_buckets alter column outlet drop default;
alter table power_energy_buckets drop constraint power_energy_buckets_pkey;
alter table power_energy_buckets add primary key (device_id, outlet, bucket_start);
