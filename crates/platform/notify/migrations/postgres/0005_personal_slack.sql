alter table personal_mail add column via text not null default 'email';
drop index personal_mail_event;
create unique index personal_mail_event on personal_mail (user_id, event_id, via);
