//! Identity against a real store and the real router.

mod keys;
mod login;
mod matrix;
mod personal;
mod probe;
mod schema;
mod sessions;
mod totp;
mod users;
mod world;
