//! The engine against real clients and backends: raw sockets, curl, nghttp, nginx.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod attacks;
mod backends;
mod bounds;
mod clients;
mod forwarding;
mod h2_frames;
mod health;
mod limits;
mod reload;
mod slow_clients;
mod stage;
mod tls;
