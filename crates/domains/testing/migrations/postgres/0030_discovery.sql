create table testing_discoveries (
  id bigint generated always as identity primary key,
  uid text not null,
  job_id bigint not null,
  organization_id bigint not null,
  project_id bigint not null references projects (id) on delete cascade,
  project_uid text not null,
  status text not null,
  phase text not null,
  app_url text not null,
  wanted text not null,
  auth_enc text,
  robots text,
  pages_found bigint not null,
  flows_found bigint not null,
  elements_found bigint not null,
  forms_found bigint not null,
  errors_count bigint not null,
  queued bigint not null,
  current_url text,
  current_depth bigint,
  coverage_score double precision,
  active_ms bigint not null,
  error text,
  created_by text not null,
  created_at bigint not null,
  started_at bigint,
  completed_at bigint
);
create unique index "testing_discoveries.uid" on testing_discoveries (uid);
create index testing_discoveries_organization on testing_discoveries (organization_id, id);
create index testing_discoveries_project on testing_discoveries (project_id, id);
create index testing_discoveries_active on testing_discoveries (status, id);

create table testing_discovery_addresses (
  discovery_id bigint not null references testing_discoveries (id) on delete cascade,
  url text not null,
  depth bigint not null,
  seq bigint not null,
  state text not null,
  reason text,
  label text not null,
  from_url text,
  primary key (discovery_id, url)
);

create table testing_discovery_pages (
  id bigint generated always as identity primary key,
  uid text not null,
  discovery_id bigint not null references testing_discoveries (id) on delete cascade,
  position bigint not null,
  url text not null,
  title text not null,
  page_type text not null,
  depth bigint not null,
  status_code bigint,
  structure_hash text not null,
  load_time_ms bigint not null,
  requires_auth boolean not null,
  screenshot text,
  elements_count bigint not null,
  forms_count bigint not null,
  links_count bigint not null,
  seen text not null,
  findings text not null,
  discovered_at bigint not null
);
create unique index "testing_discovery_pages.uid" on testing_discovery_pages (uid);
create unique index "testing_discovery_pages.discovery_id, testing_discovery_pages.url" on testing_discovery_pages (discovery_id, url);

create table testing_discovery_flows (
  id bigint generated always as identity primary key,
  uid text not null,
  discovery_id bigint not null references testing_discoveries (id) on delete cascade,
  position bigint not null,
  category text not null,
  priority bigint not null,
  flow text not null,
  validated boolean,
  validation text,
  test_uid text,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "testing_discovery_flows.uid" on testing_discovery_flows (uid);
create index testing_discovery_flows_discovery on testing_discovery_flows (discovery_id, position);
