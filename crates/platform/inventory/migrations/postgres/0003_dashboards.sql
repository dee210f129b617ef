create table dashboards (
  id bigint generated always as identity primary key,
  name text not null,
  owner_key text not null,
  owner text not null,
  config_json text not null,
  shared boolean not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index dashboards_owner on dashboards (owner_key, name);
