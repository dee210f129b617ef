//! Settings on their store and through their routes.

mod house;
mod routes;
mod runtime;
