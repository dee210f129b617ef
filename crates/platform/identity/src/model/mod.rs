//! The rules of identity, pure: permissions and scopes, passwords, one-time codes, sessions, keys, the login limiter.
//! Nothing here does I/O, knows SQL or HTTP, or reads a clock.

pub mod api_key;
pub mod constant_time;
pub mod device_code;
pub mod external;
pub mod hearing;
pub mod image;
pub mod jose;
pub mod jwt;
pub mod limiter;
pub mod organization;
pub mod password;
pub mod permission;
pub mod profile;
pub mod project;
pub mod project_settings;
pub mod qr;
pub mod recovery;
pub mod scope;
pub mod service_token;
pub mod session;
pub mod ssh_key;
pub mod totp;
pub mod user;
pub mod webauthn;
