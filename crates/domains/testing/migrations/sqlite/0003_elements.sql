create table testing_elements (
  test_id integer not null references testing_tests (id) on delete cascade,
  selector text not null,
  url_pattern text not null,
  fingerprint text not null,
  seen_at integer not null,
  primary key (test_id, selector)
) strict, without rowid;
