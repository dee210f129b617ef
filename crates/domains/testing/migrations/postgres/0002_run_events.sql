create table telemetry.testing_run_events (
  run_uid text not null,
  seq bigint not null,
  name text not null,
  data text not null,
  at bigint not null,
  primary key (run_uid, seq)
);
create index testing_run_events_at on telemetry.testing_run_events (at);
