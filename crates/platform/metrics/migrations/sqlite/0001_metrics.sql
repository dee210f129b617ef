-- Time series: identity, the write-ahead rows of open heads, sealed raw chunks and rollup chunks (see argos-tschunk).
create table series (
  id integer primary key autoincrement,
  metric text not null,
  labels text not null,
  unit text not null,
  kind text not null,
  source text not null,
  created_at integer not null,
  -- Points of this series in write-ahead rows up to this one are in chunks.
  sealed_seq integer not null default 0,
  -- The latest reading in a chunk.
  last_at integer,
  last_value real,
  unique (metric, labels)
) strict;

create table metric_wal (
  seq integer primary key,
  created_at integer not null,
  points integer not null,
  body blob not null
) strict;

create table metric_chunks (
  id integer primary key autoincrement,
  series_id integer not null references series (id) on delete cascade,
  t_min integer not null,
  t_max integer not null,
  points integer not null,
  body blob not null
) strict;
create index metric_chunks_by_time on metric_chunks (series_id, t_max);

create table metric_rollups (
  id integer primary key autoincrement,
  series_id integer not null references series (id) on delete cascade,
  step_s integer not null,
  t_min integer not null,
  t_max integer not null,
  buckets integer not null,
  body blob not null
) strict;
create index metric_rollups_by_time on metric_rollups (series_id, step_s, t_max);
