-- Countries that are banned as lists of ranges.
create table edge_countries (
  id bigint generated always as identity primary key,
  country_code text not null constraint "edge_countries.country_code" unique,
  -- The ranges, as a JSON list of texts.
  cidrs text not null,
  cidr_count bigint not null,
  reason text not null,
  duration text not null,
  until bigint not null,
  created_at bigint not null,
  created_by text not null,
  mmdb_version text not null,
  state text not null
);
