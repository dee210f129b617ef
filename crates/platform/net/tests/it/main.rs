//! The guarded client against small local servers, and the process runner against the shell's own tools.

mod client;
mod process;
mod rebinding;
mod server;
