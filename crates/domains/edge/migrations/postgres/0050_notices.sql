-- What people were told of a site, so that they are told once: of which state, how far, when.
create table edge_notices (
  host_id bigint not null references edge_hosts (id) on delete cascade,
  kind text not null,
  mark text not null,
  level bigint not null,
  told_at bigint not null,
  primary key (host_id, kind)
);
