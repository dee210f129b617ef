-- What language models cost a run, in millionths of a US dollar.
alter table testing_runs add column cost_micros bigint not null default 0;
