-- The name a client gave to what it follows, so that it finds the run again by it. Null = its id is its name.
alter table testing_runs add column thread_id text;
create index testing_runs_thread on testing_runs (organization_id, thread_id);
