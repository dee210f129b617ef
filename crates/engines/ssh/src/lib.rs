//! An SSH client for operating other machines: one connection, a login by password or private key, commands with
//! their exit, and the byte stream of a subsystem such as SFTP.
//!
//! A host key is either learned on the first connection or compared with the pinned fingerprint before any credential
//! leaves; it is never ignored. This crate reconnects nothing, retries nothing and remembers nothing: whoever owns the
//! session does. The names of the library underneath never appear in its interface.

mod command;
mod error;
mod session;
mod sftp;
mod target;

pub use command::{Exit, Output, quote};
pub use error::SshError;
pub use session::{Session, Stream};
pub use sftp::{Entry, FileKind, RemoteFile, Sftp};
pub use target::{Credential, HostKey, Limits, PrivateKey, Target};
