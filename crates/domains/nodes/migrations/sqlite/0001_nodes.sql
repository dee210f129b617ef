create table nodes (
  id text primary key,
  name text not null,
  description text,
  device_type text not null,
  status text not null,
  token_hash text unique,
  token_at integer,
  consumed_token_hash text,
  registered_at integer,
  secret_proven integer not null,
  secret_enc text,
  pending_secret_enc text,
  secret_at integer,
  process_started_at integer,
  last_seen_at integer,
  last_health text,
  software_version text,
  protocol_version integer,
  capabilities text not null,
  metadata text not null,
  network_type text not null,
  expires_at integer,
  created_at integer not null,
  updated_at integer not null
);
create index nodes_consumed on nodes (consumed_token_hash) where consumed_token_hash is not null;

create table node_flow_parts (
  node_id text not null,
  part text not null,
  id text not null,
  primary key (node_id, part, id)
);

create table node_configs (
  id text primary key,
  node_id text not null,
  config_enc text not null,
  reason text not null,
  actor text not null,
  created_at integer not null
);
create index node_configs_node on node_configs (node_id, created_at);

create table node_tunnels (
  id text primary key,
  name text not null,
  protocol text not null,
  mode text not null,
  transport text not null,
  ingress_node_id text not null,
  ingress_listen_port integer not null,
  egress_node_id text not null,
  egress_forward_addr text not null,
  egress_peer_addr text,
  relay_addr text,
  relay_addr_backup text,
  relay_node_id text,
  secrets_enc text not null,
  status text not null,
  associated_flow_ids text,
  ingress_push_status text not null,
  egress_push_status text not null,
  relay_push_status text,
  ingress_push_error text,
  egress_push_error text,
  relay_push_error text,
  created_at integer not null,
  updated_at integer not null
);

create table node_tunnel_tombstones (
  tunnel_id text not null,
  node_id text not null,
  created_at integer not null,
  primary key (tunnel_id, node_id)
);

create table node_positions (
  user_id integer not null,
  view text not null,
  node_id text not null,
  x real not null,
  y real not null,
  primary key (user_id, view, node_id)
);

create table node_preferences (
  user_id integer not null,
  name text not null,
  value text not null,
  updated_at integer not null,
  primary key (user_id, name)
);

create table node_config_templates (
  id text primary key,
  name text not null,
  description text not null,
  category text not null,
  template text not null,
  created_by text not null,
  created_at integer not null
);
