//! Who did it: the plain facts about a caller that audit rows, events and jobs keep.

use crate::Role;

/// How the caller proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// Nothing was presented, or the route is public.
    None,
    /// The browser's session cookie: unsafe methods need a CSRF token.
    Cookie,
    /// A session token in the `Authorization` header or `?token=`.
    Session,
    Jwt,
    ApiKey,
    /// The command line on the store.
    Cli,
    /// Argos itself: workers, schedules, rules.
    System,
}

impl CredentialKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Cookie => "cookie",
            Self::Session => "session",
            Self::Jwt => "jwt",
            Self::ApiKey => "apikey",
            Self::Cli => "cli",
            Self::System => "system",
        }
    }
}

/// A caller as records remember it. The name stays when the user is deleted.
#[derive(Clone, Debug)]
pub struct Actor {
    /// `users.id`; `None` for keys, the system and anonymous callers.
    pub id: Option<i64>,
    /// User name, `apikey:<name>`, `system`, `cli` or `anonymous`.
    pub name: String,
    pub role: Option<Role>,
    pub credential: CredentialKind,
    pub ip: Option<String>,
    /// The `X-Forwarded-For` chain as received, when the peer was a trusted proxy.
    pub xff_chain: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
}

impl Actor {
    fn bare(name: &str, credential: CredentialKind) -> Self {
        Self { id: None, name: name.to_owned(), role: None, credential, ip: None, xff_chain: None, user_agent: None, request_id: None }
    }
    pub fn anonymous() -> Self {
        Self::bare("anonymous", CredentialKind::None)
    }
    pub fn system() -> Self {
        Self::bare("system", CredentialKind::System)
    }
    pub fn cli() -> Self {
        Self::bare("cli", CredentialKind::Cli)
    }
}
