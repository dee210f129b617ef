-- Tests that are run once with each row of their data. The document is all their people wrote.
create table testing_data_tests (
  id bigint generated always as identity primary key,
  uid text not null,
  organization_id bigint not null,
  project_id bigint not null references projects (id) on delete cascade,
  project_uid text not null,
  name text not null,
  document text not null,
  created_by text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "testing_data_tests.uid" on testing_data_tests (uid);
create index testing_data_tests_project on testing_data_tests (project_id, id);

-- Rows that are kept with a test, in their order.
create table testing_parameter_sets (
  id bigint generated always as identity primary key,
  uid text not null,
  data_test_id bigint not null references testing_data_tests (id) on delete cascade,
  document text not null,
  order_index bigint not null,
  created_at bigint not null
);
create unique index "testing_parameter_sets.uid" on testing_parameter_sets (uid);
create index testing_parameter_sets_test on testing_parameter_sets (data_test_id, order_index, id);
