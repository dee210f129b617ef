alter table organizations add column plan text not null default 'free';
alter table organizations add column is_personal boolean not null default false;
alter table organizations add column settings text not null default '{}';
alter table organizations add column features text not null default '{}';
alter table organizations add column ai_budget_daily double precision not null default 1;
alter table organizations add column ai_budget_monthly double precision not null default 25;
alter table organizations add column logo_url text;
alter table organizations add column domain text;
alter table organizations add column sso_enabled boolean not null default false;
alter table organizations add column updated_at bigint not null default 0;
alter table organizations add column deleted_at bigint;
update organizations set updated_at = created_at;

alter table organization_members rename to organization_members_old;
drop index organization_members_user;
create table organization_members (
  id bigint generated always as identity primary key,
  uid text not null constraint "organization_members.uid" unique,
  organization_id bigint not null references organizations (id) on delete cascade,
  -- null while an invitation is open
  user_id bigint references users (id) on delete cascade,
  -- where the invitation went; lower case
  email text,
  role text not null,
  status text not null,
  invited_by text,
  invited_at bigint,
  accepted_at bigint,
  created_at bigint not null
);
insert into organization_members (uid, organization_id, user_id, role, status, accepted_at, created_at)
select gen_random_uuid()::text, organization_id, user_id, role, 'active', joined_at, joined_at
from organization_members_old order by joined_at, user_id;
drop table organization_members_old;
create unique index organization_members_unique_user on organization_members (organization_id, user_id);
create unique index organization_members_pending on organization_members (organization_id, email) where status = 'pending';
create index organization_members_user on organization_members (user_id);

create table invitations (
  id bigint generated always as identity primary key,
  uid text not null constraint "invitations.uid" unique,
  organization_id bigint not null references organizations (id) on delete cascade,
  member_id bigint references organization_members (id) on delete set null,
  email text not null,
  role text not null,
  token_hash text not null constraint "invitations.token_hash" unique,
  message text,
  status text not null,
  -- whether somebody without an account may make one with it
  may_register boolean not null,
  invited_by text not null,
  created_at bigint not null,
  expires_at bigint not null,
  ended_at bigint
);
create index invitations_organization on invitations (organization_id, id);
create index invitations_open on invitations (status, expires_at);

create table projects (
  id bigint generated always as identity primary key,
  uid text not null constraint "projects.uid" unique,
  organization_id bigint not null references organizations (id) on delete cascade,
  name text not null,
  description text,
  app_url text,
  codebase_path text,
  repository_url text,
  settings text not null,
  secrets_enc text,
  is_active boolean not null,
  created_by text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index projects_organization on projects (organization_id, id);

create table project_members (
  project_id bigint not null references projects (id) on delete cascade,
  user_id bigint not null references users (id) on delete cascade,
  role text not null,
  added_at bigint not null,
  primary key (project_id, user_id)
);
create index project_members_user on project_members (user_id);
