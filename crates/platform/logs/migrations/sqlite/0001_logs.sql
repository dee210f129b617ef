create table log_entries (
  id integer primary key autoincrement,
  at integer not null,
  stream text not null,
  source text not null,
  level text not null,
  host_id integer,
  host_domain text,
  rule_id integer,
  remote_ip text,
  method text,
  path text,
  status integer,
  duration_ms real,
  size_bytes integer,
  user_agent text,
  upstream text,
  message text not null,
  raw text,
  waf_rule_id text,
  waf_rule_message text,
  waf_severity text,
  waf_anomaly_score integer,
  agent text,
  node text,
  job_id integer,
  unit text,
  request_id text,
  audit_id integer
) strict;
create index log_entries_at on log_entries (at, id);
create index log_entries_source on log_entries (source, at, id);
create index log_entries_stream on log_entries (stream, id);
create index log_entries_host on log_entries (host_id, at) where host_id is not null;
create index log_entries_rule on log_entries (rule_id, at) where rule_id is not null;
create index log_entries_status on log_entries (status, at) where status is not null;
create index log_entries_waf_rule on log_entries (waf_rule_id, at) where waf_rule_id is not null;
create index log_entries_job on log_entries (job_id, id) where job_id is not null;
create index log_entries_audit on log_entries (audit_id) where audit_id is not null;
