create table edge_dns_providers (
  name text primary key,
  enabled integer not null,
  credentials_enc text,
  updated_at integer not null
) strict;

-- The account at an authority; id = directory and mail address.
create table edge_acme_accounts (
  id text primary key,
  url text,
  key_enc text not null,
  created_at integer not null
) strict;

create table edge_certificates (
  host_id integer primary key references edge_hosts (id) on delete cascade,
  domain text not null,
  directory text not null,
  chain_pem text not null,
  key_enc text not null,
  fingerprint text not null,
  issuer text not null,
  not_before integer not null,
  not_after integer not null,
  renew_at integer not null,
  -- When the authority is asked next for its renewal window; null = it has none.
  ari_at integer,
  issued_at integer not null,
  -- The smallest threshold of days that was told.
  told_days integer
) strict;

-- How the attempts to have a certificate go.
create table edge_certificate_attempts (
  host_id integer primary key references edge_hosts (id) on delete cascade,
  failures integer not null,
  next_at integer,
  at integer not null,
  ok integer not null,
  code text not null,
  message text not null
) strict;

-- At most one order of a site is under way.
create table edge_orders (
  host_id integer primary key references edge_hosts (id) on delete cascade,
  domain text not null,
  directory text not null,
  account_id text not null,
  challenge text not null,
  provider text not null,
  url text,
  key_enc text not null,
  started_at integer not null
) strict;

create table edge_order_steps (
  id integer primary key autoincrement,
  host_id integer not null references edge_hosts (id) on delete cascade,
  started_at integer not null,
  at integer not null,
  step text not null,
  detail text not null
) strict;
create index edge_order_steps_host on edge_order_steps (host_id, id);

create table edge_manual_certificates (
  host_id integer primary key references edge_hosts (id) on delete cascade,
  cert_pem text not null,
  key_enc text not null,
  chain_pem text not null,
  fingerprint text not null,
  issuer text not null,
  subject_cn text not null,
  sans text not null,
  not_before integer not null,
  not_after integer not null,
  uploaded_at integer not null,
  uploaded_by text not null,
  told_days integer
) strict;
