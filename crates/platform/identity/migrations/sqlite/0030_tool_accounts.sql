create table tool_accounts (
  id integer primary key autoincrement,
  uid text not null unique,
  user_id integer not null references users (id) on delete cascade,
  organization_id integer,
  platform text not null,
  account_id text,
  account_name text,
  scopes_json text not null,
  token_enc text not null,
  token_expires_at integer,
  connected_at integer not null
) strict;
create unique index tool_accounts_user on tool_accounts (user_id, platform);
