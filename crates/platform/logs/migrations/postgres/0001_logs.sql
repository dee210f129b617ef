create table telemetry.log_entries (
  id bigint generated always as identity primary key,
  at bigint not null,
  stream text not null,
  source text not null,
  level text not null,
  host_id bigint,
  host_domain text,
  rule_id bigint,
  remote_ip text,
  method text,
  path text,
  status bigint,
  duration_ms double precision,
  size_bytes bigint,
  user_agent text,
  upstream text,
  message text not null,
  raw text,
  waf_rule_id text,
  waf_rule_message text,
  waf_severity text,
  waf_anomaly_score bigint,
  agent text,
  node text,
  job_id bigint,
  unit text,
  request_id text,
  audit_id bigint
);
create index log_entries_at on telemetry.log_entries (at, id);
create index log_entries_source on telemetry.log_entries (source, at, id);
create index log_entries_stream on telemetry.log_entries (stream, id);
create index log_entries_host on telemetry.log_entries (host_id, at) where host_id is not null;
create index log_entries_rule on telemetry.log_entries (rule_id, at) where rule_id is not null;
create index log_entries_status on telemetry.log_entries (status, at) where status is not null;
create index log_entries_waf_rule on telemetry.log_entries (waf_rule_id, at) where waf_rule_id is not null;
create index log_entries_job on telemetry.log_entries (job_id, id) where job_id is not null;
create index log_entries_audit on telemetry.log_entries (audit_id) where audit_id is not null;
