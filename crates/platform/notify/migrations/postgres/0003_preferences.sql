create table notification_preferences (
  user_id bigint primary key,
  value text not null,
  created_at bigint not null,
  updated_at bigint not null
);
