create table ui_views (
  id integer primary key autoincrement,
  uid text not null unique,
  user_id integer not null,
  username text not null,
  page text not null,
  name text not null,
  query text not null,
  shared integer not null,
  updated_at integer not null,
  unique (user_id, page, name)
) strict;
create index ui_views_page on ui_views (page, name);
create table ui_drafts (
  user_id integer not null,
  draft_key text not null,
  body text not null,
  updated_at integer not null,
  primary key (user_id, draft_key)
) strict, without rowid;
create index things_rev on things (rev);
