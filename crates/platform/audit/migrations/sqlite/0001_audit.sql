create table audit_log (
  id integer primary key autoincrement,
  uid text not null unique,
  at integer not null,
  actor_id integer,
  actor_name text not null,
  actor_role text,
  credential text not null,
  action text not null,
  alias text,
  category text not null,
  organization_id integer,
  target_type text,
  target_id text,
  trigger_type text,
  description text not null,
  before_json text,
  after_json text,
  status text not null,
  severity text not null,
  ip text,
  xff_chain text,
  user_agent text,
  request_id text,
  duration_ms integer,
  prev_hash text not null,
  hash text not null
) strict;
create index audit_log_at on audit_log (at);
create index audit_log_actor on audit_log (actor_name, id);
create index audit_log_action on audit_log (action, id);
create index audit_log_category on audit_log (category, id);
create index audit_log_target on audit_log (target_type, target_id, id);
create table audit_head (
  id integer primary key check (id = 1),
  last_hash text not null
) strict;
insert into audit_head (id, last_hash) values (1, '');
create table audit_anchors (
  hash text primary key,
  pruned_at integer not null
) strict, without rowid;
