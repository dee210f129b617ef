create table avatars (
  user_id bigint primary key references users (id) on delete cascade,
  content_type text not null,
  image bytea not null,
  updated_at bigint not null
);
