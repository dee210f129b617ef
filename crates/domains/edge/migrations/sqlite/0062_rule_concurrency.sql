-- Requests of a rule in progress at one time; 0 = any number.
alter table edge_rules add column requests_at_once_max integer not null default 0;
