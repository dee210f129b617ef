//! Acceptance: the real binary, real peers, the public interface and nothing else.
//!
//! Every test has its own data directory and port. `ARGOS_TEST_DATABASE=postgres` runs the same scenarios on a fresh
//! PostgreSQL database each; `ARGOS_BLESS=1` rewrites `contract/unserved.txt`.
#![expect(
    clippy::disallowed_methods,
    reason = "test harness: reads its own environment, starts real peers, waits between two ticks of a foreign process"
)]
#![expect(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "the helpers of tests fail as tests do")]

mod access;
mod alerts;
mod api_keys;
mod approvals;
mod audit;
mod backups;
mod certificate;
mod channels;
mod configuration;
mod cookies;
mod crash;
mod device;
mod diagnostics;
mod edge_apply;
mod edge_attacks;
mod edge_bans;
mod edge_caddy;
mod edge_caddy_certificates;
mod edge_caddy_logs;
mod edge_certificates;
mod edge_countries;
mod edge_country_jobs;
mod edge_firewall;
mod edge_first_site;
mod edge_proofs;
mod edge_protection;
mod edge_sites;
mod edge_streaming;
mod endpoints;
mod events;
mod exits;
mod faults;
mod first_run;
mod foreign_tokens;
mod health;
mod history;
mod hostile;
mod incidents;
mod inventory;
mod ldap;
mod limiter;
mod log_search;
mod models;
mod node_assistant;
mod node_board;
mod node_changes;
mod node_link;
mod node_replicas;
mod node_tunnels;
mod nodes_document;
mod notices;
mod oidc;
mod openapi;
mod organizations;
mod personal_mail;
mod power;
mod power_alerts;
mod power_compat;
mod power_energy;
mod power_exporters;
mod power_faults;
mod power_first_start;
mod power_meters;
mod power_scale;
mod power_search;
mod power_server;
mod power_snmp;
mod previews;
mod prometheus;
mod ready_line;
mod replicas;
mod routing;
mod security_files;
mod security_redirects;
mod security_secrets;
mod security_sessions;
mod security_sign_on;
mod security_ssrf;
mod security_tokens;
mod sessions;
mod settings;
mod shutdown;
mod shutdown_faults;
mod shutdown_hosts;
mod shutdown_tools;
mod social;
mod stage;
mod stream;
mod table;
mod testing_discovery;
mod testing_healing;
mod testing_runs;
mod testing_tests;
mod testing_visual;
mod tools;
mod totp;
mod vault;
mod webhooks;
