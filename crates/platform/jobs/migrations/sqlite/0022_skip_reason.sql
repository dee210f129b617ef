-- Why the last slot was not run; null when it was.
alter table schedules add column skip_reason text;
