create table identities_next (
  id integer primary key autoincrement,
  user_id integer not null references users (id) on delete cascade,
  provider text not null,
  subject text not null,
  email text,
  name text,
  linked_at integer not null,
  issuer text not null default '',
  unique (provider, issuer, subject)
) strict;
insert into identities_next (id, user_id, provider, subject, email, name, linked_at)
  select id, user_id, provider, subject, email, name, linked_at from identities;
drop table identities;
alter table identities_next rename to identities;
create index identities_user on identities (user_id);
alter table api_keys add column warned_days integer;
