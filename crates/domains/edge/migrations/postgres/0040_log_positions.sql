-- How far the logs of an external Caddy were read; written with the lines, in one transaction.
create table telemetry.edge_log_positions (
  name text primary key,
  inode bigint not null,
  read_bytes bigint not null,
  head_len bigint not null,
  head text not null
);
