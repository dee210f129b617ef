create table testing_tests (
  id integer primary key autoincrement,
  uid text not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  project_uid text not null,
  name text not null,
  description text,
  definition text not null,
  tags text not null,
  priority text not null,
  is_active integer not null,
  source text not null,
  version integer not null,
  step_count integer not null,
  created_by text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "testing_tests.uid" on testing_tests (uid);
create index testing_tests_organization on testing_tests (organization_id, created_at);
create index testing_tests_project on testing_tests (project_id, created_at);

create table testing_versions (
  test_id integer not null references testing_tests (id) on delete cascade,
  version integer not null,
  document text not null,
  summary text not null,
  created_by text not null,
  created_at integer not null,
  primary key (test_id, version)
) strict, without rowid;

create table testing_runs (
  id integer primary key autoincrement,
  uid text not null,
  job_id integer not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
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
  total_tests integer not null,
  passed integer not null,
  failed integer not null,
  skipped integer not null,
  flaky integer not null,
  error text,
  created_by text not null,
  created_at integer not null,
  started_at integer,
  completed_at integer
) strict;
create unique index "testing_runs.uid" on testing_runs (uid);
create index testing_runs_organization on testing_runs (organization_id, id);
create index testing_runs_project on testing_runs (project_id, id);
create index testing_runs_active on testing_runs (status, id);

create table testing_results (
  id integer primary key autoincrement,
  uid text not null,
  run_id integer not null references testing_runs (id) on delete cascade,
  test_uid text not null,
  test_name text not null,
  test_version integer not null,
  position integer not null,
  status text not null,
  attempts integer not null,
  flaky integer not null,
  healed integer not null,
  error_code text,
  error_message text,
  duration_ms integer not null,
  body text not null,
  started_at integer not null,
  completed_at integer not null
) strict;
create unique index "testing_results.uid" on testing_results (uid);
create unique index "testing_results.run_id, testing_results.position" on testing_results (run_id, position);
create index testing_results_test on testing_results (test_uid, id);

create table testing_artifacts (
  id text primary key,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  run_uid text,
  kind text not null,
  content_type text not null,
  sha256 text not null,
  size_bytes integer not null,
  metadata text not null,
  created_at integer not null,
  expires_at integer not null
) strict;
create index testing_artifacts_organization on testing_artifacts (organization_id, created_at);
create index testing_artifacts_expiry on testing_artifacts (expires_at);
create index testing_artifacts_file on testing_artifacts (sha256);
