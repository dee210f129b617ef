create table testing_run_events (
  run_uid text not null,
  seq integer not null,
  name text not null,
  data text not null,
  at integer not null,
  primary key (run_uid, seq)
) strict, without rowid;
create index testing_run_events_at on testing_run_events (at);
