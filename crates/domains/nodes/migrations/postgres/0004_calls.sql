-- A call lives for seconds and means nothing after a crash, and parts of media files go through it: it is not written twice,
-- and what is sealed is not tried to be compressed.
alter table node_calls set unlogged;
alter table node_calls alter column request set storage external;
