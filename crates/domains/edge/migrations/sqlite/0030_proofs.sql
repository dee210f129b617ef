-- What an authority is shown for orders under way, for every process with a data plane.
create table edge_proofs (
  id integer primary key autoincrement,
  -- http or alpn
  kind text not null,
  -- Token of http-01, domain of tls-alpn-01.
  name text not null,
  key_authorization text not null,
  created_at integer not null,
  unique (kind, name)
) strict;

-- Processes with a data plane, where several share one database.
create table edge_planes (
  id text primary key,
  http integer not null,
  https integer not null,
  -- The newest proof it shows.
  proof_id integer not null,
  seen_at integer not null
) strict;
