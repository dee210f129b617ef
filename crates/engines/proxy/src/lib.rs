//! A reverse proxy as a library: HTTP/1.1 and HTTP/2 to both sides, TLS by name, rules, pools, limits.
//!
//! An owner hands in a declarative `Config`; it is compiled into an immutable snapshot that is swapped in one step while
//! requests go on. What happens is reported through bounded channels. The engine never reads a database, keeps no file
//! and knows nothing of who owns it.

mod access;
mod activity;
mod answer;
mod auth;
mod batch;
mod body;
mod checker;
mod client;
mod clients;
mod compile;
mod compress;
mod config;
mod connect;
mod connection;
mod crew;
mod delivery;
mod drain;
mod error;
mod filter;
mod flight;
mod forward;
mod front;
mod glob;
mod guard;
mod h1;
mod h2_attempt;
mod headers;
mod health;
mod hostname;
mod inbound;
mod limit;
mod moment;
mod path;
mod placeholder;
mod pool;
mod prefix;
mod proxy_protocol;
mod reach;
mod replayed;
mod report;
mod request;
mod rule;
mod runtime;
mod sending;
mod server;
mod service;
mod snapshot;
mod stream;
mod thread;
mod tls;
mod trial;
mod upgrade;
mod wire;
mod wire_body;
mod worker;

pub use auth::{Admittance, AuthCache, ForwardAuth};
pub use batch::Batch;
pub use compress::Coding;
pub use config::{
    Admission, Algorithm, Bounds, Config, ErrorPage, HostConfig, HostTls, Hsts, Limits, ListenerConfig, PoolConfig, Protocol, TargetConfig,
};
pub use error::{ConfigError, Fault, Part};
pub use filter::{Filter, Inspection, Pending, Reply, Verdict, Want};
pub use health::{ActiveCheck, ExpectStatus, Health, PassiveCheck};
pub use limit::{RateKey, RateLimit};
pub use prefix::{BadPrefix, Prefix, PrefixSet};
pub use reach::may_be_backend;
pub use report::{AccessRecord, HealthChange, Outcome, Probe, Reports, TargetStatus};
pub use request::Facts;
pub use rule::{Action, Matcher, RuleConfig};
pub use server::{Options, Proxy, StartError};
pub use snapshot::Snapshot;
pub use trial::{Found, Trial};
