create table dashboards (
  id integer primary key autoincrement,
  name text not null,
  owner_key text not null,
  owner text not null,
  config_json text not null,
  shared integer not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create index dashboards_owner on dashboards (owner_key, name);
