-- Countries that are banned as lists of ranges.
create table edge_countries (
  id integer primary key autoincrement,
  country_code text not null unique,
  -- The ranges, as a JSON list of texts.
  cidrs text not null,
  cidr_count integer not null,
  reason text not null,
  duration text not null,
  until integer not null,
  created_at integer not null,
  created_by text not null,
  mmdb_version text not null,
  state text not null
) strict;
