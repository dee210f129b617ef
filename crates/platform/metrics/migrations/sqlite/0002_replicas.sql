-- How far the write-ahead rows go. Processes that share the store number their rows here, so that the numbers are in the
-- order of commits, and each hears from here what the others wrote and sealed.
create table metric_wal_mark (
  id integer primary key check (id = 1),
  -- Number of the newest row.
  last integer not null,
  -- Number of the row, written or not, that the newest sealing stands for.
  sealed integer not null
) strict;
insert into metric_wal_mark (id, last, sealed)
  select 1, case when w.seq > s.seq then w.seq else s.seq end, s.seq
  from (select coalesce(max(seq), 0) as seq from metric_wal) w, (select coalesce(max(sealed_seq), 0) as seq from series) s;
