//! What the settings say about sign-in, read as one value wherever a decision needs it, so that every change of a
//! setting acts on the next request.

use std::sync::{Arc, Mutex, PoisonError};

use argos_kernel::Result;
use argos_settings::Settings;

use crate::model::api_key;
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
    /// Whether a refresh by the device route hands out another refresh token.
    pub device_refresh_rotation: bool,
    /// Where browsers reach this server; `None` = as the request says.
    pub public_url: Option<String>,
    /// Whether a new user joins the default organization.
    pub auto_join_default: bool,
    /// Whether an organization's plan bounds how much it may make.
    pub enforce_plan_limits: bool,
    /// SHA-256 of the token that may read metrics.
    pub metrics_token_hash: Option<[u8; 32]>,
}

impl Default for Policy {
    /// The documented defaults.
    fn default() -> Self {
        Self {
            lifetimes: Lifetimes { web_absolute_h: 168, web_idle_h: 24, token_h: 24, refresh_d: 30 },
            sessions_per_user: 100,
            attempts_per_minute: 5,
            password_length_min: 8,
            require_2fa: false,
            totp_issuer: "argos-edge".to_owned(),
            write_implies_execute: true,
            cookie_domain: None,
            device_refresh_rotation: false,
            public_url: None,
            auto_join_default: true,
            enforce_plan_limits: false,
            metrics_token_hash: None,
        }
    }
}

/// Where the policy comes from: the settings in the product, a fixed value in tests.
pub type PolicySource = Arc<dyn Fn() -> Policy + Send + Sync>;

impl Policy {
    fn read(settings: &Settings) -> Result<Self> {
        Ok(Self {
            lifetimes: Lifetimes {
                web_absolute_h: settings.i64("session.absolute_timeout_hours")?,
                web_idle_h: settings.i64("session.idle_timeout_hours")?,
                token_h: settings.i64("session_lifetime_hours")?,
                refresh_d: settings.i64("auth.jwt_refresh_days")?,
            },
            sessions_per_user: settings.i64("session.max_per_user")?,
            attempts_per_minute: settings.i64("max_login_attempts")?,
            password_length_min: usize::try_from(settings.i64("auth.password_min_length")?).unwrap_or(8),
            require_2fa: settings.bool("auth.require_2fa")?,
            totp_issuer: settings.text("auth.totp_issuer")?,
            write_implies_execute: settings.bool("auth.scope_write_implies_execute")?,
            cookie_domain: settings.opt_text("oidc.cookie_parent_domain")?,
            device_refresh_rotation: settings.bool("auth.device_refresh_rotation")?,
            public_url: settings.opt_text("http.public_url")?.map(|url| url.trim_end_matches('/').to_owned()),
            auto_join_default: settings.bool("org.auto_join_default")?,
            enforce_plan_limits: settings.bool("org.enforce_plan_limits")?,
            metrics_token_hash: settings.secret("metrics.token")?.map(|token| api_key::hash(token.reveal())),
        })
    }
}

/// The settings as a policy, read again whenever a setting changed. Settings that cannot be read leave the last
/// policy in force.
pub fn policy_of(settings: Settings) -> PolicySource {
    let watch = settings.watch();
    let last: Mutex<Option<(u64, Policy)>> = Mutex::new(None);
    Arc::new(move || {
        let generation = *watch.borrow();
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, policy)) = last.as_ref()
            && *of == generation
        {
            return policy.clone();
        }
        match Policy::read(&settings) {
            Ok(policy) => last.insert((generation, policy)).1.clone(),
            Err(error) => {
                tracing::error!(error = ?error, "the sign-in settings cannot be read");
                last.as_ref().map_or_else(Policy::default, |(_, policy)| policy.clone())
            }
        }
    })
}
