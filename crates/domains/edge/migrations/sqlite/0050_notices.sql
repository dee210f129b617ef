-- What people were told of a site, so that they are told once: of which state, how far, when.
create table edge_notices (
  host_id integer not null references edge_hosts (id) on delete cascade,
  kind text not null,
  mark text not null,
  level integer not null,
  told_at integer not null,
  primary key (host_id, kind)
) strict;
