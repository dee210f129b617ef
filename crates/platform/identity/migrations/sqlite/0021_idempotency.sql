create table idempotency_keys (
  id integer primary key autoincrement,
  -- of caller, route and key
  key_hash text not null unique,
  body_hash text not null,
  -- sealed; null while the first request runs
  reply_enc text,
  started_at integer not null,
  expires_at integer not null
) strict;
create index idempotency_keys_expiry on idempotency_keys (expires_at);
