create table llm_reservations (
  id bigint generated always as identity primary key,
  uid text not null,
  expires_at bigint not null,
  user_id bigint,
  organization_id bigint,
  key_owner text not null,
  run_uid text,
  test_uid text,
  tokens bigint not null,
  cost_usd double precision
);
create unique index "llm_reservations.uid" on llm_reservations (uid);
create table llm_turn (
  id bigint primary key,
  taken bigint not null
);
insert into llm_turn (id, taken) values (1, 0);
