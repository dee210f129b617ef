create table power_export_queue (
  id integer primary key autoincrement,
  exporter text not null,
  at integer not null,
  device_id text not null,
  device_type text not null,
  event_id integer,
  body text not null
) strict;
create index power_export_queue_head on power_export_queue (exporter, id);
create unique index "power_export_queue.exporter, power_export_queue.event_id" on power_export_queue (exporter, event_id);
