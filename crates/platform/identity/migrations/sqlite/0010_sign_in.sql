alter table sessions add column scopes text;
create index sessions_family on sessions (family);

create table device_grants (
  id integer primary key autoincrement,
  uid text not null unique,
  device_code_hash text not null unique,
  user_code text not null unique,
  client_id text not null,
  scopes text not null,
  status text not null,
  user_id integer references users (id) on delete cascade,
  client_ip text,
  poll_interval_s integer not null,
  last_polled_at integer,
  created_at integer not null,
  expires_at integer not null
) strict;
create index device_grants_expiry on device_grants (expires_at);

create table identities (
  id integer primary key autoincrement,
  user_id integer not null references users (id) on delete cascade,
  provider text not null,
  subject text not null,
  email text,
  name text,
  linked_at integer not null,
  unique (provider, subject)
) strict;
create index identities_user on identities (user_id);

create table webauthn_credentials (
  id integer primary key autoincrement,
  uid text not null unique,
  user_id integer not null references users (id) on delete cascade,
  credential_id text not null unique,
  public_key text not null,
  sign_count integer not null,
  transports text not null,
  aaguid text not null,
  name text not null,
  backed_up integer not null,
  created_at integer not null,
  last_used_at integer
) strict;
create index webauthn_credentials_user on webauthn_credentials (user_id);
