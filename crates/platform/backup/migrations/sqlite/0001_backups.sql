-- One row per archive in the backup directory.
create table backups (
  id integer primary key autoincrement,
  uid text not null unique,
  filename text not null unique,
  size_bytes integer not null,
  sha256 text not null,
  kind text not null,
  trigger_user_id integer,
  trigger_name text not null,
  created_at integer not null,
  note text,
  encrypted integer not null,
  engine text,
  version text,
  key_fingerprint text,
  row_count integer,
  verify_state text,
  verified_at integer,
  verify_detail text,
  remote_state text,
  remote_place text,
  remote_error text
) strict;
create index backups_created on backups (created_at);
