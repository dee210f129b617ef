create table testing_tests (
  id bigint generated always as identity primary key,
  uid text not null,
  organization_id bigint not null,
  project_id bigint not null references projects (id) on delete cascade,
  project_uid text not null,
  name text not null,
  description text,
  definition text not null,
  tags text not null,
  priority text not null,
  is_active boolean not null,
  source text not null,
  version bigint not null,
  step_count bigint not null,
  created_by text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "testing_tests.uid" on testing_tests (uid);
create index testing_tests_organization on testing_tests (organization_id, created_at);
create index testing_tests_project on testing_tests (project_id, created_at);

create table testing_versions (
  test_id bigint not null references testing_tests (id) on delete cascade,
  version bigint not null,
  document text not null,
  summary text not null,
  created_by text not null,
  created_at bigint not null,
  primary key (test_id, version)
);

create table testing_runs (
  id bigint generated always as identity primary key,
  uid text not null,
  job_id bigint not null,
  organization_id bigint not null,
  project_id bigint not null references projects (id) on delete cascade,
  project_uid text not null,
  test_uid text,
  name text not null,
  trigger_kind text not null,
  status text not null,
  app_url text not null,
  environment text not null,
  browser text not null,
  request text not null,
  ci_metadata text not null,
  total_tests bigint not null,
  passed bigint not null,
  failed bigint not null,
  skipped bigint not null,
  flaky bigint not null,
  error text,
  created_by text not null,
  created_at bigint not null,
  started_at bigint,
  completed_at bigint
);
create unique index "testing_runs.uid" on testing_runs (uid);
create index testing_runs_organization on testing_runs (organization_id, id);
create index testing_runs_project on testing_runs (project_id, id);
create index testing_runs_active on testing_runs (status, id);

create table testing_results (
  id bigint generated always as identity primary key,
  uid text not null,
  run_id bigint not null references testing_runs (id) on delete cascade,
  test_uid text not null,
  test_name text not null,
  test_version bigint not null,
  position bigint not null,
  status text not null,
  attempts bigint not null,
  flaky boolean not null,
  healed boolean not null,
  error_code text,
  error_message text,
  duration_ms bigint not null,
  body text not null,
  started_at bigint not null,
  completed_at bigint not null
);
create unique index "testing_results.uid" on testing_results (uid);
create unique index "testing_results.run_id, testing_results.position" on testing_results (run_id, position);
create index testing_results_test on testing_results (test_uid, id);

create table testing_artifacts (
  id text primary key,
  organization_id bigint not null,
  project_id bigint not null references projects (id) on delete cascade,
  run_uid text,
  kind text not null,
  content_type text not null,
  sha256 text not null,
  size_bytes bigint not null,
  metadata text not null,
  created_at bigint not null,
  expires_at bigint not null
);
create index testing_artifacts_organization on testing_artifacts (organization_id, created_at);
create index testing_artifacts_expiry on testing_artifacts (expires_at);
create index testing_artifacts_file on testing_artifacts (sha256);
