-- How answers of a site are delivered; a missing row reads as the defaults.
create table edge_delivery (
  host_id bigint primary key references edge_hosts (id) on delete cascade,
  body text not null,
  updated_at bigint not null
);
