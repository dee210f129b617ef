create table things (
  id bigint generated always as identity primary key,
  ref text collate "C" not null,
  kind text not null,
  name text collate "C" not null,
  status text not null,
  severity_rank bigint not null,
  word text not null,
  detail text not null,
  page text not null,
  tags text not null,
  own_tags text not null,
  note text,
  facts text not null,
  subject_type text,
  subject_id text,
  node_uid text,
  source text not null,
  digest bigint not null,
  rev bigint not null,
  first_seen bigint not null,
  status_since bigint not null,
  gone_at bigint
);
create unique index "things.ref" on things (ref);
create index things_source on things (source);
create index things_present on things (severity_rank, name, id) where gone_at is null;
create table thing_texts (
  thing_id bigint primary key references things (id) on delete cascade,
  text text not null
);
create table thing_words (
  word text collate "C" not null,
  thing_id bigint not null references things (id) on delete cascade,
  primary key (word, thing_id)
);
create index thing_words_thing on thing_words (thing_id);
create table thing_links (
  id bigint generated always as identity primary key,
  from_ref text not null,
  to_ref text not null,
  link text not null,
  evidence text not null,
  guess boolean not null,
  origin text not null,
  hidden_by text,
  created_at bigint not null,
  seen_at bigint not null
);
create unique index "thing_links.identity" on thing_links (from_ref, to_ref, link);
create index thing_links_to on thing_links (to_ref);
create index thing_links_origin on thing_links (origin);
create table thing_changes (
  id bigint generated always as identity primary key,
  ref text not null,
  change text not null,
  before text,
  after text,
  word text,
  at bigint not null
);
create index thing_changes_ref on thing_changes (ref, id);
create index thing_changes_at on thing_changes (at);
create table inventory_revision (
  id bigint primary key,
  rev bigint not null
);
insert into inventory_revision (id, rev) values (1, 0);
create table undo_offers (
  token_digest text primary key,
  user_name text not null,
  action text not null,
  payload text not null,
  expires_at bigint not null
);
