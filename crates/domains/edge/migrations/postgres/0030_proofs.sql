-- What an authority is shown for orders under way, for every process with a data plane.
create table edge_proofs (
  id bigint generated always as identity primary key,
  -- http or alpn
  kind text not null,
  -- Token of http-01, domain of tls-alpn-01.
  name text not null,
  key_authorization text not null,
  created_at bigint not null,
  constraint "edge_proofs.kind, edge_proofs.name" unique (kind, name)
);

-- Processes with a data plane, where several share one database.
create table edge_planes (
  id text primary key,
  http boolean not null,
  https boolean not null,
  -- The newest proof it shows.
  proof_id bigint not null,
  seen_at bigint not null
);
