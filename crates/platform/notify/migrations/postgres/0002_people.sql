create table push_subscriptions (
  id bigint generated always as identity primary key,
  user_id bigint not null,
  endpoint text not null,
  p256dh_key text not null,
  auth_key text not null,
  user_agent text not null,
  created_at bigint not null
);
create unique index "push_subscriptions.user_endpoint" on push_subscriptions (user_id, endpoint);
create table subscriptions (
  id bigint generated always as identity primary key,
  uid text not null,
  user_id bigint not null,
  event text not null,
  project_id text not null,
  channels text not null,
  created_at bigint not null
);
create unique index "subscriptions.user_event" on subscriptions (user_id, event, project_id);
create index notification_deliveries_sent on notification_deliveries (channel_id, sent_at) where status = 'sent';
