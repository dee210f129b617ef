create table idempotency_keys (
  id bigint generated always as identity primary key,
  -- of caller, route and key
  key_hash text not null constraint "idempotency_keys.key_hash" unique,
  body_hash text not null,
  -- sealed; null while the first request runs
  reply_enc text,
  started_at bigint not null,
  expires_at bigint not null
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);
