create table testing_recordings (
  id integer primary key autoincrement,
  uid text not null,
  organization_id integer not null,
  project_id integer not null references projects (id) on delete cascade,
  project_uid text not null,
  test_uid text,
  name text not null,
  url text,
  status text not null,
  source text not null,
  client_key text,
  metadata text not null,
  masked text not null,
  events_count integer not null,
  interaction_count integer not null,
  bytes integer not null,
  first_ms real,
  last_ms real,
  created_by text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index "testing_recordings.uid" on testing_recordings (uid);
create unique index "testing_recordings.project_id, testing_recordings.client_key" on testing_recordings (project_id, client_key);
create index testing_recordings_organization on testing_recordings (organization_id, created_at);
create index testing_recordings_created on testing_recordings (created_at);

create table testing_recording_parts (
  recording_id integer not null references testing_recordings (id) on delete cascade,
  part integer not null,
  sequence integer,
  events text not null,
  primary key (recording_id, part)
) strict, without rowid;
create unique index "testing_recording_parts.recording_id, testing_recording_parts.sequence" on testing_recording_parts (recording_id, sequence);
