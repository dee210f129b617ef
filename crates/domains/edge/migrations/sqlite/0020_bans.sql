-- What CrowdSec decided, as it was heard last. low and high: the first and the last address in 32 hexadecimal digits.
create table edge_bans (
  id integer primary key,
  origin text not null,
  kind text not null,
  scope text not null,
  value text not null,
  scenario text not null,
  until integer not null,
  low text,
  high text
) strict;
create index edge_bans_until on edge_bans (until);
create index edge_bans_value on edge_bans (value);

-- How the exchange with CrowdSec stands; one row.
create table edge_ban_state (
  id integer primary key,
  -- Grows with every change of bans or allowed addresses.
  revision integer not null,
  -- Whose decisions these are; null = none were heard.
  source text,
  heard_at integer,
  failures integer not null,
  error text,
  machine_ok integer
) strict;
insert into edge_ban_state (id, revision, failures) values (1, 0, 0);

create table edge_whitelist (
  id integer primary key autoincrement,
  scope text not null,
  value text not null,
  reason text not null,
  created_at integer not null,
  created_by text not null,
  unique (scope, value)
) strict;
