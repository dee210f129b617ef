alter table schedules add column project_id bigint;
alter table schedules add column created_by text;
alter table schedules add column paused_until bigint;
alter table schedules add column secrets_enc text;
create index schedules_organization on schedules (organization_id, id) where organization_id is not null;
