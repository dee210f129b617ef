//! Identity against a real store and the real router.
#![expect(clippy::unwrap_used, clippy::panic, reason = "shared steps of tests fail loudly too")]

mod device;
mod idempotency;
mod keys;
mod login;
mod matrix;
mod organizations;
mod personal;
mod portable;
mod probe;
mod rekey;
mod schema;
mod sessions;
mod tokens;
mod totp;
mod users;
mod world;
