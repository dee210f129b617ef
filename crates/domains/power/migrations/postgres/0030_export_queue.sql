create table telemetry.power_export_queue (
  id bigint generated always as identity primary key,
  exporter text not null,
  at bigint not null,
  device_id text not null,
  device_type text not null,
  event_id bigint,
  body text not null
);
create index power_export_queue_head on telemetry.power_export_queue (exporter, id);
create unique index "power_export_queue.exporter, power_export_queue.event_id" on telemetry.power_export_queue (exporter, event_id);
