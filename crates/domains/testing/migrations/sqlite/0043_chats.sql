-- Threads of the chat about tests. What was said in them is among the events, by the uid of the thread.
create table testing_chats (
  id integer primary key autoincrement,
  uid text not null unique,
  organization_id integer not null references organizations (id) on delete cascade,
  project_id integer not null references projects (id) on delete cascade,
  owner text not null,
  thread_key text not null,
  app_url text,
  messages integer not null,
  status text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index testing_chats_thread on testing_chats (organization_id, owner, thread_key);
