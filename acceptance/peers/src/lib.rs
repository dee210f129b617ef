//! Real servers for tests and benchmarks: found, installed where that is allowed, started on
//! free ports and stopped again.
//!
//! A peer owns its process and its temporary directory and ends both when it is dropped. Nothing
//! here knows a rule of Argos: it may start the binary, never link it.
#![expect(clippy::disallowed_methods, reason = "test harness: starts real peers, reads its own environment, polls foreign processes")]
#![expect(clippy::panic, reason = "test harness: a peer that cannot be used fails the test")]

pub mod apcupsd_server;
pub mod appsec;
pub mod argos;
pub mod bind9;
pub mod broken_nut;
pub mod caddy;
pub mod chromium;
pub mod crowdsec;
pub mod fixture_site;
pub mod http;
pub mod ipmi_sim;
pub mod java;
pub mod loki;
mod loopback;
pub mod mail;
pub mod media_node;
pub mod mmdb;
pub mod modbus_device;
pub mod model_server;
pub mod mosquitto;
pub mod nginx;
pub mod node;
pub mod nut_server;
pub mod oidc_provider;
pub mod packages;
pub mod pebble;
mod ports;
pub mod postgres;
pub mod process;
pub mod prometheus;
pub mod proxmox_api;
pub mod python;
pub mod raw;
pub mod redfish_service;
pub mod s3;
pub mod scripted_http;
pub mod slapd;
pub mod snmpd;
pub mod snmpsim;
pub mod sse;
pub mod sshd;
pub mod streaming;
pub mod victoria_metrics;
pub mod wait;
pub mod webhook;
pub mod websocket;

pub use apcupsd_server::ApcupsdServer;
pub use appsec::AppSec;
pub use argos::{Argos, ArgosConfig, Database, Exited};
pub use bind9::Bind9;
pub use broken_nut::BrokenNut;
pub use caddy::Caddy;
pub use chromium::Chromium;
pub use crowdsec::CrowdSec;
pub use fixture_site::FixtureSite;
pub use http::{Client, Response};
pub use ipmi_sim::IpmiSim;
pub use java::Java;
pub use loki::{LokiEntry, LokiReceiver};
pub use mail::MailServer;
pub use media_node::MediaNode;
pub use modbus_device::ModbusDevice;
pub use mosquitto::Mosquitto;
pub use nginx::Nginx;
pub use nut_server::{NutDevice, NutServer};
pub use oidc_provider::OidcProvider;
pub use pebble::{Pebble, PebbleConfig};
pub use ports::{free_port, listener};
pub use postgres::{Postgres, PostgresDatabase};
pub use prometheus::Prometheus;
pub use proxmox_api::{PROXMOX_TOKEN, ProxmoxApi};
pub use redfish_service::{REDFISH_USER, RedfishService};
pub use s3::S3Server;
pub use scripted_http::ScriptedHttp;
pub use slapd::Slapd;
pub use snmpd::{SnmpUser, Snmpd};
pub use snmpsim::{Snmpsim, SnmpsimUser};
pub use sse::EventStream;
pub use sshd::Sshd;
pub use streaming::EchoServer;
pub use victoria_metrics::VictoriaMetrics;
pub use wait::{wait_for, wait_until};
pub use webhook::WebhookReceiver;
pub use websocket::WebSocket;
