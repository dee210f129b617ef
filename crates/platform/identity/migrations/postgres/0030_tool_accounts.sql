create table tool_accounts (
  id bigint generated always as identity primary key,
  uid text not null unique,
  user_id bigint not null references users (id) on delete cascade,
  organization_id bigint,
  platform text not null,
  account_id text,
  account_name text,
  scopes_json text not null,
  token_enc text not null,
  token_expires_at bigint,
  connected_at bigint not null
);
create unique index tool_accounts_user on tool_accounts (user_id, platform);
