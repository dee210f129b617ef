create table organizations (
  id integer primary key autoincrement,
  uid text not null unique,
  name text not null,
  slug text not null unique,
  is_default integer not null,
  created_at integer not null
) strict;

create table users (
  id integer primary key autoincrement,
  uid text not null unique,
  username text not null,
  username_key text not null unique,
  display_name text not null,
  email text,
  email_verified integer not null,
  password_hash text,
  role text not null,
  kind text not null,
  is_active integer not null,
  is_temporary integer not null,
  expires_at integer,
  allowed_node_ids text,
  must_change_password integer not null,
  created_via text not null,
  totp_secret_enc text,
  totp_enabled_at integer,
  totp_last_step integer,
  recovery_enc text,
  last_login_at integer,
  login_count integer not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index users_verified_email on users (lower(email)) where email_verified = 1;

create table organization_members (
  organization_id integer not null references organizations (id) on delete cascade,
  user_id integer not null references users (id) on delete cascade,
  role text not null,
  joined_at integer not null,
  primary key (organization_id, user_id)
) strict;
create index organization_members_user on organization_members (user_id);

create table user_kv (
  user_id integer not null references users (id) on delete cascade,
  namespace text not null,
  key text not null,
  value text not null,
  updated_at integer not null,
  primary key (user_id, namespace, key)
) strict;

create table sessions (
  id integer primary key autoincrement,
  uid text not null unique,
  user_id integer not null references users (id) on delete cascade,
  kind text not null,
  token_hash text not null unique,
  prefix text not null,
  family text,
  auth_methods text not null,
  setup_only integer not null,
  stepped_up_at integer,
  client_ip text,
  xff_chain text,
  user_agent text,
  created_at integer not null,
  last_seen_at integer not null,
  expires_at integer not null,
  revoked_at integer,
  reason text
) strict;
create index sessions_user on sessions (user_id, created_at);
create index sessions_expiry on sessions (expires_at);

create table login_attempts (
  id integer primary key autoincrement,
  ip text,
  username text,
  route text not null,
  kind text not null,
  success integer not null,
  at integer not null
) strict;
create index login_attempts_ip on login_attempts (ip, at);
create index login_attempts_username on login_attempts (username, at);
create index login_attempts_at on login_attempts (at);

create table login_bans (
  subject text primary key,
  level integer not null,
  since integer not null,
  until integer not null
) strict;

create table ephemeral (
  id integer primary key autoincrement,
  kind text not null,
  key_hash text not null unique,
  data_enc text not null,
  single_use integer not null,
  expires_at integer not null
) strict;
create index ephemeral_expiry on ephemeral (expires_at);

create table api_keys (
  id integer primary key autoincrement,
  uid text not null unique,
  name text not null,
  key_hash text not null unique,
  key_prefix text not null,
  owner_id integer references users (id) on delete cascade,
  organization_id integer references organizations (id) on delete cascade,
  role_cap text not null,
  scopes text not null,
  node_ids text,
  created_by text not null,
  created_at integer not null,
  expires_at integer,
  revoked_at integer,
  last_used_at integer,
  request_count integer not null,
  rotated_from integer,
  origin text not null
) strict;
create index api_keys_origin on api_keys (origin);
create index api_keys_organization on api_keys (organization_id);
