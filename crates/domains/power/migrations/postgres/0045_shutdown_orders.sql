-- Which hosts were told to go, whatever became of the step: those come back.
alter table power_shutdown_steps add column ordered boolean not null default false;
update power_shutdown_steps set ordered = true where direction = 'shutdown' and state = 'done';
create index power_shutdown_steps_share on power_shutdown_steps (share_key) where share_key is not null;
