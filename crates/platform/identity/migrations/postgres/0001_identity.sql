create table organizations (
  id bigint generated always as identity primary key,
  uid text not null constraint "organizations.uid" unique,
  name text not null,
  slug text not null constraint "organizations.slug" unique,
  is_default boolean not null,
  created_at bigint not null
);

create table users (
  id bigint generated always as identity primary key,
  uid text not null constraint "users.uid" unique,
  username text not null,
  username_key text not null constraint "users.username_key" unique,
  display_name text not null,
  email text,
  email_verified boolean not null,
  password_hash text,
  role text not null,
  kind text not null,
  is_active boolean not null,
  is_temporary boolean not null,
  expires_at bigint,
  allowed_node_ids text,
  must_change_password boolean not null,
  created_via text not null,
  totp_secret_enc text,
  totp_enabled_at bigint,
  totp_last_step bigint,
  recovery_enc text,
  last_login_at bigint,
  login_count bigint not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index users_verified_email on users (lower(email)) where email_verified;

create table organization_members (
  organization_id bigint not null references organizations (id) on delete cascade,
  user_id bigint not null references users (id) on delete cascade,
  role text not null,
  joined_at bigint not null,
  primary key (organization_id, user_id)
);
create index organization_members_user on organization_members (user_id);

create table user_kv (
  user_id bigint not null references users (id) on delete cascade,
  namespace text not null,
  key text not null,
  value text not null,
  updated_at bigint not null,
  primary key (user_id, namespace, key)
);

create table sessions (
  id bigint generated always as identity primary key,
  uid text not null constraint "sessions.uid" unique,
  user_id bigint not null references users (id) on delete cascade,
  kind text not null,
  token_hash text not null constraint "sessions.token_hash" unique,
  prefix text not null,
  family text,
  auth_methods text not null,
  setup_only boolean not null,
  stepped_up_at bigint,
  client_ip text,
  xff_chain text,
  user_agent text,
  created_at bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint,
  reason text
);
create index sessions_user on sessions (user_id, created_at);
create index sessions_expiry on sessions (expires_at);

create table login_attempts (
  id bigint generated always as identity primary key,
  ip text,
  username text,
  route text not null,
  kind text not null,
  success boolean not null,
  at bigint not null
);
create index login_attempts_ip on login_attempts (ip, at);
create index login_attempts_username on login_attempts (username, at);
create index login_attempts_at on login_attempts (at);

create table login_bans (
  subject text primary key,
  level bigint not null,
  since bigint not null,
  until bigint not null
);

create table ephemeral (
  id bigint generated always as identity primary key,
  kind text not null,
  key_hash text not null constraint "ephemeral.key_hash" unique,
  data_enc text not null,
  single_use boolean not null,
  expires_at bigint not null
);
create index ephemeral_expiry on ephemeral (expires_at);

create table api_keys (
  id bigint generated always as identity primary key,
  uid text not null constraint "api_keys.uid" unique,
  name text not null,
  key_hash text not null constraint "api_keys.key_hash" unique,
  key_prefix text not null,
  owner_id bigint references users (id) on delete cascade,
  organization_id bigint references organizations (id) on delete cascade,
  role_cap text not null,
  scopes text not null,
  node_ids text,
  created_by text not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  last_used_at bigint,
  request_count bigint not null,
  rotated_from bigint,
  origin text not null
);
create index api_keys_origin on api_keys (origin);
create index api_keys_organization on api_keys (organization_id);
