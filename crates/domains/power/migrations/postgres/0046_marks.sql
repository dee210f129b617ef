-- What is done once in the life of an installation.
create table power_marks (
  name text primary key,
  at bigint not null
);
