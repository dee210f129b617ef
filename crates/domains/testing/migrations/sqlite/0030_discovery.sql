create table testing_discoveries (
  id integer primary key autoincrement,
  uid text not null,
  job_id integer not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  project_uid text not null,
  status text not null,
  phase text not null,
  app_url text not null,
  wanted text not null,
  auth_enc text,
  robots text,
  pages_found integer not null,
  flows_found integer not null,
  elements_found integer not null,
  forms_found integer not null,
  errors_count integer not null,
  queued integer not null,
  current_url text,
  current_depth integer,
  coverage_score real,
  active_ms integer not null,
  error text,
  created_by text not null,
  created_at integer not null,
  started_at integer,
  completed_at integer
) strict;
create unique index "testing_discoveries.uid" on testing_discoveries (uid);
create index testing_discoveries_organization on testing_discoveries (organization_id, id);
create index testing_discoveries_project on testing_discoveries (project_id, id);
create index testing_discoveries_active on testing_discoveries (status, id);

create table testing_discovery_addresses (
  discovery_id integer not null references testing_discoveries (id) on delete cascade,
  url text not null,
  depth integer not null,
  seq integer not null,
  state text not null,
  reason text,
  label text not null,
  from_url text,
  primary key (discovery_id, url)
) strict, without rowid;

create table testing_discovery_pages (
  id integer primary key autoincrement,
  uid text not null,
  discovery_id integer not null references testing_discoveries (id) on delete cascade,
  position integer not null,
  url text not null,
  title text not null,
  page_type text not null,
  depth integer not null,
  status_code integer,
  structure_hash text not null,
  load_time_ms integer not null,
  requires_auth integer not null,
  screenshot text,
  elements_count integer not null,
  forms_count integer not null,
  links_count integer not null,
  seen text not null,
  findings text not null,
  discovered_at integer not null
) strict;
create unique index "testing_discovery_pages.uid" on testing_discovery_pages (uid);
create unique index "testing_discovery_pages.discovery_id, testing_discovery_pages.url" on testing_discovery_pages (discovery_id, url);

create table testing_discovery_flows (
  id integer primary key autoincrement,
  uid text not null,
  discovery_id integer not null references testing_discoveries (id) on delete cascade,
  position integer not null,
  category text not null,
  priority integer not null,
  flow text not null,
  validated integer,
  validation text,
  test_uid text,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "testing_discovery_flows.uid" on testing_discovery_flows (uid);
create index testing_discovery_flows_discovery on testing_discovery_flows (discovery_id, position);
