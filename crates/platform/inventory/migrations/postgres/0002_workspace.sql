create table ui_views (
  id bigint generated always as identity primary key,
  uid text not null constraint "ui_views.uid" unique,
  user_id bigint not null,
  username text not null,
  page text not null,
  name text not null,
  query text not null,
  shared boolean not null,
  updated_at bigint not null,
  constraint "ui_views.name" unique (user_id, page, name)
);
create index ui_views_page on ui_views (page, name);
create table ui_drafts (
  user_id bigint not null,
  draft_key text not null,
  body text not null,
  updated_at bigint not null,
  primary key (user_id, draft_key)
);
create index things_rev on things (rev);
