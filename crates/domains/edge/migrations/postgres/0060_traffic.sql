-- Traffic of a site within a minute, and within an hour once the minutes are old. Each row is the part of one process; who
-- reads adds them up. Minutes are written in the transaction of the lines they count.
create table telemetry.edge_traffic (
  part text primary key,
  seconds bigint not null,
  at bigint not null,
  host_id bigint not null,
  host_domain text not null,
  written bigint not null,
  c2xx bigint not null,
  c3xx bigint not null,
  c4xx bigint not null,
  c5xx bigint not null,
  other bigint not null,
  forbidden bigint not null,
  refused bigint not null,
  filtered bigint not null,
  bytes bigint not null,
  micros bigint not null,
  times text not null,
  detail text not null
);
create index edge_traffic_at on telemetry.edge_traffic (at, seconds);
create index edge_traffic_written on telemetry.edge_traffic (written);
-- The newest line that was stored before lines were counted; gone once those are counted too.
create table telemetry.edge_traffic_uncounted (
  name text primary key,
  newest bigint not null
);
