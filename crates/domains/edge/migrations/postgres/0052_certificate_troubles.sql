-- Sites whose failure to have a certificate was told and is not over. No reference: it outlives its site, because a problem of a
-- site that was removed has to end.
create table edge_certificate_troubles (
  host_id bigint primary key,
  domain text not null
);
