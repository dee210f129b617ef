//! `WebAuthn`: authenticators that exist only in the browser.

use serde_json::Value;

use super::{Done, methods, read};

methods! {
    "WebAuthn.enable", Enable {} -> Done;
    "WebAuthn.addVirtualAuthenticator", AddAuthenticator { options: AuthenticatorOptions } -> AuthenticatorAdded;
    "WebAuthn.removeVirtualAuthenticator", RemoveAuthenticator { authenticator_id: String } -> Done;
    "WebAuthn.getCredentials", GetCredentials { authenticator_id: String } -> Credentials;
    "WebAuthn.setUserVerified", SetUserVerified { authenticator_id: String, is_user_verified: bool } -> Done;
}

/// What the authenticator can; `protocol` is `ctap2` or `u2f`, `transport` `internal`, `usb` ..
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorOptions {
    pub protocol: String,
    pub transport: String,
    pub has_resident_key: bool,
    pub has_user_verification: bool,
    pub automatic_presence_simulation: bool,
    pub is_user_verified: bool,
}

impl Default for AuthenticatorOptions {
    /// A platform passkey whose person is always there.
    fn default() -> Self {
        Self {
            protocol: "ctap2".to_owned(),
            transport: "internal".to_owned(),
            has_resident_key: true,
            has_user_verification: true,
            automatic_presence_simulation: true,
            is_user_verified: true,
        }
    }
}

read! {
    AuthenticatorAdded { authenticator_id: String }
    Credentials { credentials: Vec<Value> }
}
