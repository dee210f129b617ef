-- Traffic of a site within a minute, and within an hour once the minutes are old. Each row is the part of one process; who
-- reads adds them up. Minutes are written in the transaction of the lines they count.
create table edge_traffic (
  part text primary key,
  seconds integer not null,
  at integer not null,
  host_id integer not null,
  host_domain text not null,
  written integer not null,
  c2xx integer not null,
  c3xx integer not null,
  c4xx integer not null,
  c5xx integer not null,
  other integer not null,
  forbidden integer not null,
  refused integer not null,
  filtered integer not null,
  bytes integer not null,
  micros integer not null,
  times text not null,
  detail text not null
) strict;
create index edge_traffic_at on edge_traffic (at, seconds);
create index edge_traffic_written on edge_traffic (written);
-- The newest line that was stored before lines were counted; gone once those are counted too.
create table edge_traffic_uncounted (
  name text primary key,
  newest integer not null
) strict;
