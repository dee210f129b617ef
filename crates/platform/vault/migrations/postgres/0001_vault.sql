-- Data keys, each wrapped by the key derived from the master key. state: active (seals), next (opens only, about
-- to become active), retired (opens what is not re-encrypted yet), signing (root of the derived signing keys).
create table vault_keys (
  kid text not null primary key,
  wrapped text not null,
  state text not null check (state in ('active', 'next', 'retired', 'signing')),
  created_at bigint not null
);
create unique index "vault_keys.state" on vault_keys (state) where state in ('active', 'next', 'signing');
