create table edge_target_groups (
  id integer primary key autoincrement,
  name text not null unique,
  body text not null,
  created_at integer not null,
  updated_at integer not null
) strict;

create table edge_targets (
  id integer primary key autoincrement,
  group_id integer not null references edge_target_groups (id) on delete cascade,
  host text not null,
  port integer not null,
  weight integer not null,
  enabled integer not null,
  created_at integer not null,
  updated_at integer not null,
  unique (group_id, host, port)
) strict;

create table edge_hosts (
  id integer primary key autoincrement,
  domain text not null unique,
  target_group_id integer not null references edge_target_groups (id),
  enabled integer not null,
  body text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create index edge_hosts_group on edge_hosts (target_group_id);

create table edge_rules (
  id integer primary key autoincrement,
  host_id integer not null references edge_hosts (id) on delete cascade,
  priority integer not null,
  name text not null,
  enabled integer not null,
  action text not null,
  matchers text not null,
  forward_group_id integer references edge_target_groups (id),
  created_at integer not null,
  updated_at integer not null,
  unique (host_id, priority)
) strict;
create index edge_rules_group on edge_rules (forward_group_id);

create table edge_host_security (
  host_id integer primary key references edge_hosts (id) on delete cascade,
  body text not null,
  updated_at integer not null
) strict;

create table edge_exclusions (
  id integer primary key autoincrement,
  host_id integer not null references edge_hosts (id) on delete cascade,
  crs_rule_id integer not null,
  path_pattern text not null,
  reason text not null,
  enabled integer not null,
  created_at integer not null,
  updated_at integer not null,
  unique (host_id, crs_rule_id, path_pattern)
) strict;

create table edge_custom_rules (
  id integer primary key autoincrement,
  host_id integer not null references edge_hosts (id) on delete cascade,
  name text not null,
  secrule text not null,
  enabled integer not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create index edge_custom_rules_host on edge_custom_rules (host_id);

-- What probes and requests said last of every target, so that a change is told once.
create table edge_target_states (
  target_id integer primary key references edge_targets (id) on delete cascade,
  unhealthy integer not null,
  reason text not null,
  changed_at integer not null
) strict;

-- Grows with every change of what is served; every process applies the newest.
create table edge_revision (
  id integer primary key,
  revision integer not null
) strict;
insert into edge_revision (id, revision) values (1, 0);

-- The newest state that the engine took: served when the tables hold something it refuses.
create table edge_snapshot (
  id integer primary key,
  revision integer not null,
  document text not null,
  applied_at integer not null
) strict;

create table edge_self_signed (
  host_id integer primary key references edge_hosts (id) on delete cascade,
  domain text not null,
  cert_pem text not null,
  key_enc text not null,
  not_after integer not null,
  created_at integer not null
) strict;
