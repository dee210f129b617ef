//! The user-based security model (RFC 3414, RFC 3826, RFC 7860): signatures, keys and encryption, without any state.

mod auth;
mod keys;
mod privacy;

pub use auth::AuthProtocol;
pub(crate) use keys::{Extension, UserKeys};
pub use privacy::PrivacyProtocol;
pub(crate) use privacy::{Salt, decrypt, encrypt};
