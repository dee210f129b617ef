create table avatars (
  user_id integer primary key references users (id) on delete cascade,
  content_type text not null,
  image blob not null,
  updated_at integer not null
) strict;
