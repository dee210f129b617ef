-- Threads of the chat about tests. What was said in them is among the events, by the uid of the thread.
create table testing_chats (
  id bigint generated always as identity primary key,
  uid text not null unique,
  organization_id bigint not null references organizations (id) on delete cascade,
  project_id bigint not null references projects (id) on delete cascade,
  owner text not null,
  thread_key text not null,
  app_url text,
  messages bigint not null,
  status text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index testing_chats_thread on testing_chats (organization_id, owner, thread_key);
