alter table llm_usage add column run_uid text;
alter table llm_usage add column test_uid text;
create index llm_usage_organization on llm_usage (organization_id, at);
create index llm_usage_run on llm_usage (run_uid) where run_uid is not null;
