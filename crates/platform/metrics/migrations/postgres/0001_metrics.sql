-- Time series: identity, the write-ahead rows of open heads, sealed raw chunks and rollup chunks (see argos-tschunk).
create table telemetry.series (
  id bigint generated always as identity primary key,
  metric text not null,
  labels text not null,
  unit text not null,
  kind text not null,
  source text not null,
  created_at bigint not null,
  -- Points of this series in write-ahead rows up to this one are in chunks.
  sealed_seq bigint not null default 0,
  -- The latest reading in a chunk.
  last_at bigint,
  last_value double precision,
  constraint "series.metric, series.labels" unique (metric, labels)
);

create table telemetry.metric_wal (
  seq bigint primary key,
  created_at bigint not null,
  points bigint not null,
  body bytea not null
);

create table telemetry.metric_chunks (
  id bigint generated always as identity primary key,
  series_id bigint not null references telemetry.series (id) on delete cascade,
  t_min bigint not null,
  t_max bigint not null,
  points bigint not null,
  body bytea not null
);
create index metric_chunks_by_time on telemetry.metric_chunks (series_id, t_max);
alter table telemetry.metric_chunks alter column body set storage external;

create table telemetry.metric_rollups (
  id bigint generated always as identity primary key,
  series_id bigint not null references telemetry.series (id) on delete cascade,
  step_s bigint not null,
  t_min bigint not null,
  t_max bigint not null,
  buckets bigint not null,
  body bytea not null
);
create index metric_rollups_by_time on telemetry.metric_rollups (series_id, step_s, t_max);
alter table telemetry.metric_rollups alter column body set storage external;
