-- Channels of an organization go with it; a name is unique among those of one owner. Nothing wrote these columns before.
drop index "notification_channels.name";
alter table notification_channels drop column organization_id;
alter table notification_channels drop column project_id;
alter table notification_channels add column organization_id bigint references organizations (id) on delete cascade;
alter table notification_channels add column project_id bigint references projects (id) on delete cascade;
create unique index "notification_channels.name" on notification_channels (name) where organization_id is null;
create unique index notification_channels_organization on notification_channels (organization_id, name) where organization_id is not null;
create index notification_channels_project on notification_channels (project_id) where project_id is not null;
