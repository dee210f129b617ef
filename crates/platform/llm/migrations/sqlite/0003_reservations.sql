create table llm_reservations (
  id integer primary key autoincrement,
  uid text not null,
  expires_at integer not null,
  user_id integer,
  organization_id integer,
  key_owner text not null,
  run_uid text,
  test_uid text,
  tokens integer not null,
  cost_usd real
) strict;
create unique index "llm_reservations.uid" on llm_reservations (uid);
create table llm_turn (
  id integer primary key,
  taken integer not null
) strict;
insert into llm_turn (id, taken) values (1, 0);
