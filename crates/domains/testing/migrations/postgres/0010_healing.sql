create table testing_suggestions (
  id bigint generated always as identity primary key,
  uid text not null,
  organization_id bigint not null,
  project_id bigint not null references projects (id) on delete cascade,
  test_id bigint not null references testing_tests (id) on delete cascade,
  status text not null,
  phase text not null,
  step_index bigint not null,
  error_type text not null,
  failure_type text not null,
  fix_type text not null,
  old_value text not null,
  new_value text not null,
  confidence double precision not null,
  times_seen bigint not null,
  times_used bigint not null,
  run_uid text not null,
  body text not null,
  created_at bigint not null,
  seen_at bigint not null,
  reviewed_at bigint,
  reviewed_by text,
  note text
);
create unique index "testing_suggestions.uid" on testing_suggestions (uid);
create index testing_suggestions_organization on testing_suggestions (organization_id, status, confidence);
create index testing_suggestions_test on testing_suggestions (test_id, status);

create table testing_heal_uses (
  id bigint generated always as identity primary key,
  project_id bigint not null references projects (id) on delete cascade,
  used_at bigint not null
);
create index testing_heal_uses_project on testing_heal_uses (project_id, used_at);

create table testing_patterns (
  id bigint generated always as identity primary key,
  uid text not null,
  organization_id bigint not null,
  project_id bigint not null references projects (id) on delete cascade,
  fingerprint text not null,
  original_selector text not null,
  healed_selector text not null,
  error_type text not null,
  success_count bigint not null,
  failure_count bigint not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "testing_patterns.uid" on testing_patterns (uid);
create unique index "testing_patterns.project_id, testing_patterns.fingerprint" on testing_patterns (project_id, fingerprint);
create index testing_patterns_organization on testing_patterns (organization_id);

create table testing_heal_configs (
  organization_id bigint not null,
  project_id bigint not null,
  uid text not null,
  fields text not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (organization_id, project_id)
);
