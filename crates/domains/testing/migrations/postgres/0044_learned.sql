-- Extensions of people's browsers that came to the bridge, each known by its origin; one that was approved is of an organization.
create table testing_extensions (
  id bigint generated always as identity primary key,
  uid text not null unique,
  origin text not null unique,
  organization_id bigint references organizations (id) on delete cascade,
  status text not null,
  decided_by text,
  decided_at bigint,
  created_at bigint not null,
  seen_at bigint not null
);
create index testing_extensions_organization on testing_extensions (organization_id);

-- Other selectors of elements, with how often each was right in the place of the first.
create table testing_alternatives (
  project_id bigint not null references projects (id) on delete cascade,
  primary_selector text not null,
  selector text not null,
  strategy text not null,
  source text not null,
  success_count bigint not null,
  failure_count bigint not null,
  updated_at bigint not null,
  primary key (project_id, primary_selector, selector)
);

-- What comes again on the pages of a site.
create table testing_page_patterns (
  id bigint generated always as identity primary key,
  uid text not null unique,
  organization_id bigint not null references organizations (id) on delete cascade,
  project_id bigint not null references projects (id) on delete cascade,
  pattern_type text not null,
  name text not null,
  signature text not null,
  data text not null,
  times_seen bigint not null,
  tests_passed bigint not null,
  tests_failed bigint not null,
  heals_passed bigint not null,
  heals_failed bigint not null,
  last_discovery text,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index testing_page_patterns_signature on testing_page_patterns (project_id, signature);
create index testing_page_patterns_organization on testing_page_patterns (organization_id, pattern_type);
