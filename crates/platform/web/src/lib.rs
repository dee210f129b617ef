//! The web kit: declared routes, access rules from the contract, the request context, one error rendering, rate
//! tiers, security headers, SSE, WebSocket, OpenAPI and the HTTP server itself. It knows no table and no domain.
//!
//! Why not a router crate: the contract matches on the raw path, decodes each segment once, lets a static sibling
//! that lacks a method fall through to the parameter route and answers 405 with `Allow`. One `matchit` tree per
//! method gives exactly that, and handlers of one plain type keep handler crates quick to compile.

mod access;
mod admission;
mod auth;
mod body;
mod builder;
mod client;
mod config;
mod consequence;
mod context;
mod error_reply;
mod family;
mod finish;
mod headers;
mod idempotency;
mod multipart;
mod observe;
mod openapi;
mod pager;
mod query;
mod rate;
mod reply;
mod request;
mod router;
mod routes;
mod server;
mod sse;
mod streams;
mod tenancy;
pub mod testing;
mod tls;
mod undo;
mod web;
mod websocket;

pub use access::{Access, AccessRule, CONTRACT_PATHS, Tier};
pub use argos_kernel::BoxFuture;
pub use auth::{AuthFailure, Authenticator, Presented, Source};
pub use body::ReplyBody;
pub use builder::WebBuilder;
pub use client::{ClientInfo, counted_network};
pub use config::{Cidr, WebConfig, parse_cidrs};
pub use consequence::Consequence;
pub use context::{Caller, Grants, Membership, OpCx};
pub use family::Family;
pub use idempotency::{Attempt, KeptReply, ReplayStore, Seen};
pub use multipart::{MultipartField, MultipartForm};
pub use observe::{Answered, Listener, RouteStats};
pub use openapi::openapi_document;
pub use pager::Pager;
pub use query::Query;
pub use rate::Knock;
pub use reply::Reply;
pub use request::Req;
pub use routes::{Mounted, Routes};
pub use server::{ServeOptions, serve};
pub use sse::SseEvent;
pub use tenancy::{Organizations, ProjectRef};
pub use tls::ServerTls;
pub use undo::{UNDO_HEADER, tell_undo};
pub use web::{Fallback, Judged, Web};
pub use websocket::{CloseFrame, Message, ProtocolError, SocketError, WebSocket, with_limit};

/// The version of the whole HTTP contract, sent as `X-API-Version`.
pub const API_VERSION: &str = "2.10.0";
