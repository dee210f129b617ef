-- The files of a project that the steps of its tests upload, by name. The bytes are those of the artifact.
create table testing_files (
  id bigint generated always as identity primary key,
  uid text not null,
  project_id bigint not null references projects (id) on delete cascade,
  name text not null,
  artifact text not null,
  size_bytes bigint not null,
  created_by text not null,
  created_at bigint not null
);
create unique index "testing_files.project_id, testing_files.name" on testing_files (project_id, name);
