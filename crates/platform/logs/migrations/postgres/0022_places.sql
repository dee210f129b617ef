-- Where the client of a line was when it was stored. Null = nobody knows.
alter table log_entries add column country_code text;
alter table log_entries add column asn bigint;
