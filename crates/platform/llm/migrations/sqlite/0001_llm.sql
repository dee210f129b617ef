create table llm_keys (
  id integer primary key autoincrement,
  uid text not null,
  owner_kind text not null,
  owner_id integer not null,
  provider text not null,
  key_enc text not null,
  key_display text not null,
  base_url text,
  display_name text,
  model_preference text,
  is_valid integer,
  last_validated_at integer,
  validation_error text,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "llm_keys.owner" on llm_keys (owner_kind, owner_id, provider);
create table llm_usage (
  id integer primary key autoincrement,
  at integer not null,
  user_id integer,
  user_name text not null,
  organization_id integer,
  feature text not null,
  provider text not null,
  model text not null,
  key_owner text not null,
  outcome text not null,
  input_tokens integer,
  output_tokens integer,
  cost_usd real,
  duration_ms integer not null
) strict;
create index llm_usage_at on llm_usage (at);
create index llm_usage_user on llm_usage (user_id, at);
