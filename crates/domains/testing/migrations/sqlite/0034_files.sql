-- The files of a project that the steps of its tests upload, by name. The bytes are those of the artifact.
create table testing_files (
  id integer primary key autoincrement,
  uid text not null,
  project_id integer not null references projects (id) on delete cascade,
  name text not null,
  artifact text not null,
  size_bytes integer not null,
  created_by text not null,
  created_at integer not null
) strict;
create unique index "testing_files.project_id, testing_files.name" on testing_files (project_id, name);
