-- value is JSON, or {"$sealed": "<vault blob>"} for secrets; null = back to the default.
create table settings (
  key text not null primary key,
  value text,
  source text not null,
  updated_at integer not null,
  updated_by text not null,
  version integer not null
) strict;

-- One row per change of a key; change_id groups what was changed together. old_shown and new_shown are masked.
create table settings_history (
  id integer primary key autoincrement,
  change_id text not null,
  key text not null,
  version integer not null,
  value text,
  old_shown text not null,
  new_shown text not null,
  source text not null,
  at integer not null,
  actor_id integer,
  actor_name text not null
) strict;
create unique index "settings_history.key, settings_history.version" on settings_history (key, version);
create index settings_history_change on settings_history (change_id);

-- One row: made by the first start, and the number every change raises.
create table settings_state (
  id integer primary key check (id = 1),
  generation integer not null,
  seeded_at integer not null
) strict;
