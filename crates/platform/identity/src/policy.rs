//! What the settings say about sign-in, read as one value wherever a decision needs it, so that every change of a
//! setting acts on the next request.

use std::sync::Arc;

use crate::model::session::Lifetimes;

/// The settings identity obeys.
#[derive(Clone, Debug)]
pub struct Policy {
    pub lifetimes: Lifetimes,
    pub sessions_per_user: i64,
    /// Attempts of one address per minute on `/api/v1/auth/login*`.
    pub attempts_per_minute: i64,
    pub password_length_min: usize,
    pub require_2fa: bool,
    pub totp_issuer: String,
    /// Whether the key scope `write` includes running tests.
    pub write_implies_execute: bool,
    /// `Domain` of the session cookies, when sibling hosts share them.
    pub cookie_domain: Option<String>,
    /// Whether a new user joins the default organization.
    pub auto_join_default: bool,
    /// SHA-256 of the token that may read metrics.
    pub metrics_token_hash: Option<[u8; 32]>,
}

impl Default for Policy {
    /// The documented defaults.
    fn default() -> Self {
        Self {
            lifetimes: Lifetimes { web_absolute_h: 168, web_idle_h: 24, token_h: 24 },
            sessions_per_user: 100,
            attempts_per_minute: 5,
            password_length_min: 8,
            require_2fa: false,
            totp_issuer: "argos-edge".to_owned(),
            write_implies_execute: true,
            cookie_domain: None,
            auto_join_default: true,
            metrics_token_hash: None,
        }
    }
}

/// Where the policy comes from: the settings in the product, a fixed value in tests.
pub type PolicySource = Arc<dyn Fn() -> Policy + Send + Sync>;
