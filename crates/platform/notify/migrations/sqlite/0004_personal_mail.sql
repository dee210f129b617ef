create table personal_mail (
  id integer primary key autoincrement,
  user_id integer not null,
  event_id integer not null,
  title text not null,
  message text not null,
  due_at integer not null,
  attempts integer not null,
  created_at integer not null
) strict;
create unique index personal_mail_event on personal_mail (user_id, event_id);
create index personal_mail_due on personal_mail (due_at);
