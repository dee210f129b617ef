-- What CrowdSec decided, as it was heard last. low and high: the first and the last address in 32 hexadecimal digits.
create table edge_bans (
  id bigint primary key,
  origin text not null,
  kind text not null,
  scope text not null,
  value text not null,
  scenario text not null,
  until bigint not null,
  low text collate "C",
  high text collate "C"
);
create index edge_bans_until on edge_bans (until);
create index edge_bans_value on edge_bans (value);

-- How the exchange with CrowdSec stands; one row.
create table edge_ban_state (
  id bigint primary key,
  -- Grows with every change of bans or allowed addresses.
  revision bigint not null,
  -- Whose decisions these are; null = none were heard.
  source text,
  heard_at bigint,
  failures bigint not null,
  error text,
  machine_ok boolean
);
insert into edge_ban_state (id, revision, failures) values (1, 0, 0);

create table edge_whitelist (
  id bigint generated always as identity primary key,
  scope text not null,
  value text not null,
  reason text not null,
  created_at bigint not null,
  created_by text not null,
  constraint "edge_whitelist.value" unique (scope, value)
);
