create table personal_mail (
  id bigint generated always as identity primary key,
  user_id bigint not null,
  event_id bigint not null,
  title text not null,
  message text not null,
  due_at bigint not null,
  attempts bigint not null,
  created_at bigint not null
);
create unique index personal_mail_event on personal_mail (user_id, event_id);
create index personal_mail_due on personal_mail (due_at);
