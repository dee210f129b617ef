-- What an organization was told is its own (organization_id): it outlives the channel and goes with the organization. What the
-- instance's channels were told of an organization (event_organization_id, as in the events) is for those who may see its events.
alter table notification_deliveries add column organization_id integer references organizations (id) on delete cascade;
alter table notification_deliveries add column event_organization_id integer;
update notification_deliveries set organization_id =
  (select c.organization_id from notification_channels c where c.id = notification_deliveries.channel_id) where channel_id is not null;
update notification_deliveries set event_organization_id =
  (select e.organization_id from events e where e.id = notification_deliveries.event_id) where event_id is not null;
create index notification_deliveries_organization on notification_deliveries (organization_id, id) where organization_id is not null;
