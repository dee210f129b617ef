//! Sessions: their kinds, lifetimes and tokens (platform spec 1.3). A token is shown once; only its keyed hash is kept.

use argos_kernel::{Rng, Secret, Timestamp, Uid, hex};

pub const SESSION_COOKIE: &str = "argos_session";
pub const CSRF_COOKIE: &str = "csrf_token";

/// What made the session decides its lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// The browser: absolute and idle limit.
    Web,
    /// A header token: absolute limit only.
    Token,
    /// A signed access token.
    JwtAccess,
    /// What a new access token is asked for with; never a credential itself.
    JwtRefresh,
}

impl SessionKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Token => "token",
            Self::JwtAccess => "jwt_access",
            Self::JwtRefresh => "jwt_refresh",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Web, Self::Token, Self::JwtAccess, Self::JwtRefresh].into_iter().find(|k| k.as_str() == word)
    }
}

/// How long sessions live, in hours, from the settings.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    pub web_absolute_h: i64,
    /// Clamped to the absolute limit.
    pub web_idle_h: i64,
    pub token_h: i64,
    pub refresh_d: i64,
}

impl Lifetimes {
    pub fn absolute_s(&self, kind: SessionKind) -> i64 {
        3600 * match kind {
            SessionKind::Web => self.web_absolute_h,
            SessionKind::Token | SessionKind::JwtAccess => self.token_h,
            SessionKind::JwtRefresh => self.refresh_d * 24,
        }
    }
    /// Seconds without a request after which it ends; `None` = never.
    pub fn idle_s(&self, kind: SessionKind) -> Option<i64> {
        (kind == SessionKind::Web).then(|| 3600 * self.web_idle_h.min(self.web_absolute_h))
    }
}

/// One signed-in browser or client.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: i64,
    pub uid: Uid,
    pub user_id: i64,
    pub kind: SessionKind,
    /// The first 8 characters of the token, for lists and for revoking by prefix.
    pub prefix: String,
    pub auth_methods: Vec<String>,
    /// It may only set up a second factor, ask who it is, and sign out.
    pub setup_only: bool,
    pub stepped_up_at: Option<Timestamp>,
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// What was signed in together and ends together.
    pub family: Option<Uid>,
    /// What a signed token is limited to; `None` = nothing but its user's rights.
    pub scopes: Option<Vec<String>>,
}

/// How fresh a step-up must be.
pub const STEP_UP_S: i64 = 600;
/// How often `last_seen_at` is written at most.
pub const TOUCH_S: i64 = 300;

impl Session {
    /// The moment it ends when nobody uses it again.
    pub fn ends_at(&self, lifetimes: &Lifetimes) -> Timestamp {
        lifetimes.idle_s(self.kind).map_or(self.expires_at, |idle| self.last_seen_at.plus_secs(idle).min(self.expires_at))
    }
    pub fn has_fresh_step_up(&self, now: Timestamp) -> bool {
        self.stepped_up_at.is_some_and(|at| now.secs_since(at) <= STEP_UP_S)
    }
}

/// 32 random bytes as 64 lower-case hexadecimal characters.
pub fn new_token(rng: &dyn Rng) -> Secret<String> {
    Secret::new(hex(&rng.bytes::<32>()))
}

/// The first 8 characters.
pub fn prefix_of(token: &str) -> String {
    token.chars().take(8).collect()
}

/// A user agent cut to 256 characters, as records keep it.
pub fn cut_user_agent(text: &str) -> String {
    text.chars().take(256).collect()
}

#[cfg(test)]
mod tests {
    use argos_kernel::SeededRng;

    use super::*;

    fn session(kind: SessionKind) -> Session {
        let at = Timestamp::from_secs(1_000_000);
        Session {
            id: 1,
            uid: Uid::mint(&argos_kernel::ManualClock::at(at), &SeededRng::new(1)),
            user_id: 1,
            kind,
            prefix: "12345678".to_owned(),
            auth_methods: vec![],
            setup_only: false,
            stepped_up_at: Some(at),
            client_ip: None,
            user_agent: None,
            created_at: at,
            last_seen_at: at,
            expires_at: at.plus_secs(24 * 3600),
            family: None,
            scopes: None,
        }
    }

    #[test]
    fn web_sessions_end_when_idle_and_idle_is_clamped_to_absolute() {
        let short = Lifetimes { web_absolute_h: 24, web_idle_h: 1, token_h: 24, refresh_d: 30 };
        let at = Timestamp::from_secs(1_000_000);
        assert_eq!(session(SessionKind::Web).ends_at(&short), at.plus_secs(3600));
        assert_eq!(session(SessionKind::Token).ends_at(&short), at.plus_secs(24 * 3600));
        let odd = Lifetimes { web_absolute_h: 2, web_idle_h: 100, token_h: 24, refresh_d: 30 };
        assert_eq!(odd.idle_s(SessionKind::Web), Some(7200));
    }

    #[test]
    fn step_up_is_fresh_for_ten_minutes() {
        let s = session(SessionKind::Web);
        let at = Timestamp::from_secs(1_000_000);
        assert!(s.has_fresh_step_up(at.plus_secs(600)) && !s.has_fresh_step_up(at.plus_secs(601)));
    }

    #[test]
    fn tokens_are_64_hexadecimal_characters() {
        let token = new_token(&SeededRng::new(5));
        assert_eq!(token.reveal().len(), 64);
        assert!(token.reveal().bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
        assert_eq!(prefix_of(token.reveal()).len(), 8);
    }
}
