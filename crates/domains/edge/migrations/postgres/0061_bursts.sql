-- What a burst is made of, shared by all processes: the seconds of the last hits of a site or an address, and the
-- first and last second of bursts that were told.
create table edge_bursts (
  kind text not null,
  name text not null,
  hits text not null,
  told text not null,
  last bigint not null,
  primary key (kind, name)
);
