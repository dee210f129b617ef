alter table webhook_endpoints add column organization_id integer references organizations (id) on delete cascade;
alter table webhook_endpoints add column project_id integer references projects (id) on delete cascade;
create index webhook_endpoints_organization on webhook_endpoints (organization_id, id);
alter table webhook_deliveries add column replay_key text;
create unique index "webhook_deliveries.replay" on webhook_deliveries (source, scope, replay_key) where replay_key is not null;
