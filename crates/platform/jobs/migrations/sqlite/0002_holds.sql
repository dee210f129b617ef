alter table jobs add column hold_json text;
alter table schedules add column hold_json text;
