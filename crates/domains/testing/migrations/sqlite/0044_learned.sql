-- Extensions of people's browsers that came to the bridge, each known by its origin; one that was approved is of an organization.
create table testing_extensions (
  id integer primary key autoincrement,
  uid text not null unique,
  origin text not null unique,
  organization_id integer references organizations (id) on delete cascade,
  status text not null,
  decided_by text,
  decided_at integer,
  created_at integer not null,
  seen_at integer not null
) strict;
create index testing_extensions_organization on testing_extensions (organization_id);

-- Other selectors of elements, with how often each was right in the place of the first.
create table testing_alternatives (
  project_id integer not null references projects (id) on delete cascade,
  primary_selector text not null,
  selector text not null,
  strategy text not null,
  source text not null,
  success_count integer not null,
  failure_count integer not null,
  updated_at integer not null,
  primary key (project_id, primary_selector, selector)
) strict, without rowid;

-- What comes again on the pages of a site.
create table testing_page_patterns (
  id integer primary key autoincrement,
  uid text not null unique,
  organization_id integer not null references organizations (id) on delete cascade,
  project_id integer not null references projects (id) on delete cascade,
  pattern_type text not null,
  name text not null,
  signature text not null,
  data text not null,
  times_seen integer not null,
  tests_passed integer not null,
  tests_failed integer not null,
  heals_passed integer not null,
  heals_failed integer not null,
  last_discovery text,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index testing_page_patterns_signature on testing_page_patterns (project_id, signature);
create index testing_page_patterns_organization on testing_page_patterns (organization_id, pattern_type);
