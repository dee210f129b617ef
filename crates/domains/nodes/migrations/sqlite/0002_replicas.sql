-- Used where several processes share one PostgreSQL.
create table node_links (
  node_id text primary key,
  seq integer not null,
  replica text not null
);

create table node_feeds (
  replica text not null,
  part integer not null,
  beat integer not null,
  body text not null,
  primary key (replica, part)
);

create table node_calls (
  id text primary key,
  replica text not null,
  taken boolean not null,
  request text not null,
  answer text,
  created_at integer not null
);
