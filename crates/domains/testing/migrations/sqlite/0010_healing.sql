create table testing_suggestions (
  id integer primary key autoincrement,
  uid text not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  test_id integer not null references testing_tests (id) on delete cascade,
  status text not null,
  phase text not null,
  step_index integer not null,
  error_type text not null,
  failure_type text not null,
  fix_type text not null,
  old_value text not null,
  new_value text not null,
  confidence real not null,
  times_seen integer not null,
  times_used integer not null,
  run_uid text not null,
  body text not null,
  created_at integer not null,
  seen_at integer not null,
  reviewed_at integer,
  reviewed_by text,
  note text
) strict;
create unique index "testing_suggestions.uid" on testing_suggestions (uid);
create index testing_suggestions_organization on testing_suggestions (organization_id, status, confidence);
create index testing_suggestions_test on testing_suggestions (test_id, status);

create table testing_heal_uses (
  id integer primary key autoincrement,
  project_id integer not null references projects (id) on delete cascade,
  used_at integer not null
) strict;
create index testing_heal_uses_project on testing_heal_uses (project_id, used_at);

create table testing_patterns (
  id integer primary key autoincrement,
  uid text not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  fingerprint text not null,
  original_selector text not null,
  healed_selector text not null,
  error_type text not null,
  success_count integer not null,
  failure_count integer not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "testing_patterns.uid" on testing_patterns (uid);
create unique index "testing_patterns.project_id, testing_patterns.fingerprint" on testing_patterns (project_id, fingerprint);
create index testing_patterns_organization on testing_patterns (organization_id);

create table testing_heal_configs (
  organization_id integer not null,
  project_id integer not null,
  uid text not null,
  fields text not null,
  created_at integer not null,
  updated_at integer not null,
  primary key (organization_id, project_id)
) strict, without rowid;
