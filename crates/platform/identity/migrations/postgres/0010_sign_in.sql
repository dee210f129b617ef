alter table sessions add column scopes text;
create index sessions_family on sessions (family);

create table device_grants (
  id bigint generated always as identity primary key,
  uid text not null constraint "device_grants.uid" unique,
  device_code_hash text not null constraint "device_grants.device_code_hash" unique,
  user_code text not null constraint "device_grants.user_code" unique,
  client_id text not null,
  scopes text not null,
  status text not null,
  user_id bigint references users (id) on delete cascade,
  client_ip text,
  poll_interval_s bigint not null,
  last_polled_at bigint,
  created_at bigint not null,
  expires_at bigint not null
);
create index device_grants_expiry on device_grants (expires_at);

create table identities (
  id bigint generated always as identity primary key,
  user_id bigint not null references users (id) on delete cascade,
  provider text not null,
  subject text not null,
  email text,
  name text,
  linked_at bigint not null,
  constraint "identities.provider, identities.subject" unique (provider, subject)
);
create index identities_user on identities (user_id);

create table webauthn_credentials (
  id bigint generated always as identity primary key,
  uid text not null constraint "webauthn_credentials.uid" unique,
  user_id bigint not null references users (id) on delete cascade,
  credential_id text not null constraint "webauthn_credentials.credential_id" unique,
  public_key text not null,
  sign_count bigint not null,
  transports text not null,
  aaguid text not null,
  name text not null,
  backed_up boolean not null,
  created_at bigint not null,
  last_used_at bigint
);
create index webauthn_credentials_user on webauthn_credentials (user_id);
