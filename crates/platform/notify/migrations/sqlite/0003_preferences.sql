create table notification_preferences (
  user_id integer primary key,
  value text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
