create table llm_keys (
  id bigint generated always as identity primary key,
  uid text not null,
  owner_kind text not null,
  owner_id bigint not null,
  provider text not null,
  key_enc text not null,
  key_display text not null,
  base_url text,
  display_name text,
  model_preference text,
  is_valid boolean,
  last_validated_at bigint,
  validation_error text,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "llm_keys.owner" on llm_keys (owner_kind, owner_id, provider);
create table llm_usage (
  id bigint generated always as identity primary key,
  at bigint not null,
  user_id bigint,
  user_name text not null,
  organization_id bigint,
  feature text not null,
  provider text not null,
  model text not null,
  key_owner text not null,
  outcome text not null,
  input_tokens bigint,
  output_tokens bigint,
  cost_usd double precision,
  duration_ms bigint not null
);
create index llm_usage_at on llm_usage (at);
create index llm_usage_user on llm_usage (user_id, at);
