create table testing_recordings (
  id bigint generated always as identity primary key,
  uid text not null,
  organization_id bigint not null,
  project_id bigint not null references projects (id) on delete cascade,
  project_uid text not null,
  test_uid text,
  name text not null,
  url text,
  status text not null,
  source text not null,
  client_key text,
  metadata text not null,
  masked text not null,
  events_count bigint not null,
  interaction_count bigint not null,
  bytes bigint not null,
  first_ms double precision,
  last_ms double precision,
  created_by text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index "testing_recordings.uid" on testing_recordings (uid);
create unique index "testing_recordings.project_id, testing_recordings.client_key" on testing_recordings (project_id, client_key);
create index testing_recordings_organization on testing_recordings (organization_id, created_at);
create index testing_recordings_created on testing_recordings (created_at);

create table testing_recording_parts (
  recording_id bigint not null references testing_recordings (id) on delete cascade,
  part bigint not null,
  sequence bigint,
  events text not null,
  primary key (recording_id, part)
);
create unique index "testing_recording_parts.recording_id, testing_recording_parts.sequence" on testing_recording_parts (recording_id, sequence);
