-- How answers of a site are delivered; a missing row reads as the defaults.
create table edge_delivery (
  host_id integer primary key references edge_hosts (id) on delete cascade,
  body text not null,
  updated_at integer not null
) strict;
