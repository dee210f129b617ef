create table push_subscriptions (
  id integer primary key autoincrement,
  user_id integer not null,
  endpoint text not null,
  p256dh_key text not null,
  auth_key text not null,
  user_agent text not null,
  created_at integer not null
) strict;
create unique index "push_subscriptions.user_endpoint" on push_subscriptions (user_id, endpoint);
create table subscriptions (
  id integer primary key autoincrement,
  uid text not null,
  user_id integer not null,
  event text not null,
  project_id text not null,
  channels text not null,
  created_at integer not null
) strict;
create unique index "subscriptions.user_event" on subscriptions (user_id, event, project_id);
create index notification_deliveries_sent on notification_deliveries (channel_id, sent_at) where status = 'sent';
