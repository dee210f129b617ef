create index events_node on events (node_uid, id) where node_uid is not null;
