create table edge_target_groups (
  id bigint generated always as identity primary key,
  name text not null constraint "edge_target_groups.name" unique,
  body text not null,
  created_at bigint not null,
  updated_at bigint not null
);

create table edge_targets (
  id bigint generated always as identity primary key,
  group_id bigint not null references edge_target_groups (id) on delete cascade,
  host text not null,
  port bigint not null,
  weight bigint not null,
  enabled boolean not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint "edge_targets.group_id, edge_targets.host, edge_targets.port" unique (group_id, host, port)
);

create table edge_hosts (
  id bigint generated always as identity primary key,
  domain text not null constraint "edge_hosts.domain" unique,
  target_group_id bigint not null references edge_target_groups (id),
  enabled boolean not null,
  body text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index edge_hosts_group on edge_hosts (target_group_id);

create table edge_rules (
  id bigint generated always as identity primary key,
  host_id bigint not null references edge_hosts (id) on delete cascade,
  priority bigint not null,
  name text not null,
  enabled boolean not null,
  action text not null,
  matchers text not null,
  forward_group_id bigint references edge_target_groups (id),
  created_at bigint not null,
  updated_at bigint not null,
  constraint "edge_rules.host_id, edge_rules.priority" unique (host_id, priority)
);
create index edge_rules_group on edge_rules (forward_group_id);

create table edge_host_security (
  host_id bigint primary key references edge_hosts (id) on delete cascade,
  body text not null,
  updated_at bigint not null
);

create table edge_exclusions (
  id bigint generated always as identity primary key,
  host_id bigint not null references edge_hosts (id) on delete cascade,
  crs_rule_id bigint not null,
  path_pattern text not null,
  reason text not null,
  enabled boolean not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint "edge_exclusions.key" unique (host_id, crs_rule_id, path_pattern)
);

create table edge_custom_rules (
  id bigint generated always as identity primary key,
  host_id bigint not null references edge_hosts (id) on delete cascade,
  name text not null,
  secrule text not null,
  enabled boolean not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index edge_custom_rules_host on edge_custom_rules (host_id);

-- What probes and requests said last of every target, so that a change is told once.
create table edge_target_states (
  target_id bigint primary key references edge_targets (id) on delete cascade,
  unhealthy boolean not null,
  reason text not null,
  changed_at bigint not null
);

-- Grows with every change of what is served; every process applies the newest.
create table edge_revision (
  id bigint primary key,
  revision bigint not null
);
insert into edge_revision (id, revision) values (1, 0);

-- The newest state that the engine took: served when the tables hold something it refuses.
create table edge_snapshot (
  id bigint primary key,
  revision bigint not null,
  document text not null,
  applied_at bigint not null
);

create table edge_self_signed (
  host_id bigint primary key references edge_hosts (id) on delete cascade,
  domain text not null,
  cert_pem text not null,
  key_enc text not null,
  not_after bigint not null,
  created_at bigint not null
);
