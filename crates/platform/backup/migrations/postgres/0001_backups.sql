create table backups (
  id bigint generated always as identity primary key,
  uid text not null constraint "backups.uid" unique,
  filename text not null constraint "backups.filename" unique,
  size_bytes bigint not null,
  sha256 text not null,
  kind text not null,
  trigger_user_id bigint,
  trigger_name text not null,
  created_at bigint not null,
  note text,
  encrypted boolean not null,
  engine text,
  version text,
  key_fingerprint text,
  row_count bigint,
  verify_state text,
  verified_at bigint,
  verify_detail text,
  remote_state text,
  remote_place text,
  remote_error text
);
create index backups_created on backups (created_at);
