create table testing_snapshots (
  id integer primary key autoincrement,
  uid text not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  project_uid text not null,
  name text,
  url text not null,
  browser text not null,
  viewport text not null,
  picture text not null,
  facts text not null,
  metadata text not null,
  captured_at integer not null
) strict;
create unique index "testing_snapshots.uid" on testing_snapshots (uid);
create index testing_snapshots_age on testing_snapshots (captured_at);
create index testing_snapshots_project on testing_snapshots (project_id);

create table testing_baselines (
  id integer primary key autoincrement,
  uid text not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  project_uid text not null,
  test_uid text,
  name text not null,
  url text not null,
  browser text not null,
  viewport text not null,
  branch text not null,
  -- Test, name, browser, size and branch in one text: what must not be there twice in a project.
  place text not null,
  version integer not null,
  picture text,
  facts text,
  ignore_regions text not null,
  tolerance text,
  created_by text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "testing_baselines.uid" on testing_baselines (uid);
create unique index "testing_baselines.project_id, testing_baselines.place" on testing_baselines (project_id, place);

create table testing_baseline_versions (
  baseline_id integer not null references testing_baselines (id) on delete cascade,
  version integer not null,
  picture text not null,
  facts text,
  note text not null,
  created_by text not null,
  created_at integer not null,
  primary key (baseline_id, version)
) strict, without rowid;

create table testing_comparisons (
  id integer primary key autoincrement,
  uid text not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  project_uid text not null,
  baseline_id integer references testing_baselines (id) on delete cascade,
  baseline_uid text,
  baseline_version integer not null,
  name text not null,
  url text not null,
  browser text not null,
  viewport text not null,
  branch text not null,
  run_uid text,
  test_uid text,
  status text not null,
  superseded integer not null,
  before_picture text,
  after_picture text not null,
  after_facts text,
  difference text,
  current_uid text,
  is_match integer,
  match_percentage real,
  measured text not null,
  notes text,
  reviewed_by text,
  reviewed_at integer,
  compared_at integer not null
) strict;
create unique index "testing_comparisons.uid" on testing_comparisons (uid);
create index testing_comparisons_project on testing_comparisons (project_id, id);
create index testing_comparisons_organization on testing_comparisons (organization_id, status, id);
create index testing_comparisons_baseline on testing_comparisons (baseline_id, id);
