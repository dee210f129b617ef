create table things (
  id integer primary key autoincrement,
  ref text not null,
  kind text not null,
  name text not null,
  status text not null,
  severity_rank integer not null,
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
  digest integer not null,
  rev integer not null,
  first_seen integer not null,
  status_since integer not null,
  gone_at integer
) strict;
create unique index "things.ref" on things (ref);
create index things_source on things (source);
create index things_present on things (severity_rank, name, id) where gone_at is null;
create table thing_texts (
  thing_id integer primary key references things (id) on delete cascade,
  text text not null
) strict;
create table thing_words (
  word text not null,
  thing_id integer not null references things (id) on delete cascade,
  primary key (word, thing_id)
) strict, without rowid;
create index thing_words_thing on thing_words (thing_id);
create table thing_links (
  id integer primary key autoincrement,
  from_ref text not null,
  to_ref text not null,
  link text not null,
  evidence text not null,
  guess integer not null,
  origin text not null,
  hidden_by text,
  created_at integer not null,
  seen_at integer not null
) strict;
create unique index "thing_links.identity" on thing_links (from_ref, to_ref, link);
create index thing_links_to on thing_links (to_ref);
create index thing_links_origin on thing_links (origin);
create table thing_changes (
  id integer primary key autoincrement,
  ref text not null,
  change text not null,
  before text,
  after text,
  word text,
  at integer not null
) strict;
create index thing_changes_ref on thing_changes (ref, id);
create index thing_changes_at on thing_changes (at);
create table inventory_revision (
  id integer primary key,
  rev integer not null
) strict;
insert into inventory_revision (id, rev) values (1, 0);
create table undo_offers (
  token_digest text primary key,
  user_name text not null,
  action text not null,
  payload text not null,
  expires_at integer not null
) strict;
