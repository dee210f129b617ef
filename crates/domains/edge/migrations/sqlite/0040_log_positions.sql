-- How far the logs of an external Caddy were read; written with the lines, in one transaction.
create table edge_log_positions (
  name text primary key,
  inode integer not null,
  read_bytes integer not null,
  head_len integer not null,
  head text not null
) strict;
