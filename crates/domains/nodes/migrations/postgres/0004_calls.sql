-- A call lives for seconds and means nothing after a crash, and parts of media files go through it: it is not written twice,
-- what is sealed is not tried to be compressed, and what is left of a file is cleared away within a minute or two.
alter table node_calls set unlogged;
alter table node_calls alter column request set storage external;
alter table node_calls set (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 10000, toast.autovacuum_vacuum_cost_delay = 0
);
