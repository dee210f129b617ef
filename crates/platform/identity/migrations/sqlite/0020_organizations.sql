alter table organizations add column plan text not null default 'free';
alter table organizations add column is_personal integer not null default 0;
alter table organizations add column settings text not null default '{}';
alter table organizations add column features text not null default '{}';
alter table organizations add column ai_budget_daily real not null default 1;
alter table organizations add column ai_budget_monthly real not null default 25;
alter table organizations add column logo_url text;
alter table organizations add column domain text;
alter table organizations add column sso_enabled integer not null default 0;
alter table organizations add column updated_at integer not null default 0;
alter table organizations add column deleted_at integer;
update organizations set updated_at = created_at;

alter table organization_members rename to organization_members_old;
drop index organization_members_user;
create table organization_members (
  id integer primary key autoincrement,
  uid text not null unique,
  organization_id integer not null references organizations (id) on delete cascade,
  -- null while an invitation is open
  user_id integer references users (id) on delete cascade,
  -- where the invitation went; lower case
  email text,
  role text not null,
  status text not null,
  invited_by text,
  invited_at integer,
  accepted_at integer,
  created_at integer not null
) strict;
insert into organization_members (uid, organization_id, user_id, role, status, accepted_at, created_at)
select lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a'
             || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
       organization_id, user_id, role, 'active', joined_at, joined_at
from organization_members_old order by joined_at, user_id;
drop table organization_members_old;
create unique index organization_members_unique_user on organization_members (organization_id, user_id);
create unique index organization_members_pending on organization_members (organization_id, email) where status = 'pending';
create index organization_members_user on organization_members (user_id);

create table invitations (
  id integer primary key autoincrement,
  uid text not null unique,
  organization_id integer not null references organizations (id) on delete cascade,
  member_id integer references organization_members (id) on delete set null,
  email text not null,
  role text not null,
  token_hash text not null unique,
  message text,
  status text not null,
  -- whether somebody without an account may make one with it
  may_register integer not null,
  invited_by text not null,
  created_at integer not null,
  expires_at integer not null,
  ended_at integer
) strict;
create index invitations_organization on invitations (organization_id, id);
create index invitations_open on invitations (status, expires_at);

create table projects (
  id integer primary key autoincrement,
  uid text not null unique,
  organization_id integer not null references organizations (id) on delete cascade,
  name text not null,
  description text,
  app_url text,
  codebase_path text,
  repository_url text,
  settings text not null,
  secrets_enc text,
  is_active integer not null,
  created_by text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create index projects_organization on projects (organization_id, id);

create table project_members (
  project_id integer not null references projects (id) on delete cascade,
  user_id integer not null references users (id) on delete cascade,
  role text not null,
  added_at integer not null,
  primary key (project_id, user_id)
) strict;
create index project_members_user on project_members (user_id);
