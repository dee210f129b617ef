alter table tool_accounts add column refresh_at bigint;
alter table tool_accounts add column refresh_failures bigint not null default 0;
update tool_accounts set refresh_at = token_expires_at;
create index tool_accounts_refresh on tool_accounts (refresh_at) where refresh_at is not null;
