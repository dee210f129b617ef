-- What was told of a backend outlives it, until it was taken back: a problem of a backend that was removed has to end.
create table edge_target_told (
  target_id integer primary key,
  unhealthy integer not null,
  reason text not null,
  changed_at integer not null
) strict;
insert into edge_target_told (target_id, unhealthy, reason, changed_at)
  select target_id, unhealthy, reason, changed_at from edge_target_states;
drop table edge_target_states;
alter table edge_target_told rename to edge_target_states;
