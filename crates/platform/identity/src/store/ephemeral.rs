//! Short-lived secrets that must survive a restart: second-factor challenges and one-time socket tokens. The key is
//! stored hashed, the data sealed.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    INSERT = "identity.ephemeral.insert",
        "insert into ephemeral (kind, key_hash, data_enc, single_use, expires_at) values ($1, $2, $3, $4, $5)";
    FIND = "identity.ephemeral.find", "select data_enc from ephemeral where kind = $1 and key_hash = $2 and expires_at > $3";
    TAKE = "identity.ephemeral.take",
        "delete from ephemeral where kind = $1 and key_hash = $2 and expires_at > $3 returning data_enc";
    PURGE = "identity.ephemeral.purge", "delete from ephemeral where expires_at <= $1";
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The password was right, the second factor is missing: 5 min, until it succeeds.
    TotpChallenge,
    /// A socket token: 30 s, once.
    WsToken,
    /// A browser that left for an identity provider: 10 min, once.
    OidcState,
    /// A browser that left for a social provider, to sign in or to link: 10 min, once.
    SocialState,
    /// A person who left to connect an account at a tool: 10 min, once.
    ToolState,
    /// A passkey ceremony: 5 min, once.
    Webauthn,
    /// A finished sign-in waiting to become a header token: 60 s, once.
    ExchangeCode,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TotpChallenge => "totp_challenge",
            Self::WsToken => "ws_token",
            Self::OidcState => "oidc_state",
            Self::SocialState => "social_state",
            Self::ToolState => "tool_state",
            Self::Webauthn => "webauthn",
            Self::ExchangeCode => "exchange_code",
        }
    }
    pub(crate) const fn lifetime_s(self) -> i64 {
        match self {
            Self::TotpChallenge => 300,
            Self::WsToken => 30,
            Self::OidcState | Self::SocialState | Self::ToolState => 600,
            Self::Webauthn => 300,
            Self::ExchangeCode => 60,
        }
    }
}

pub(crate) async fn insert(db: &Database, kind: Kind, key_hash: &str, data_enc: &str, now: Timestamp) -> Result<(), StoreError> {
    let expires_at = now.plus_secs(kind.lifetime_s());
    db.exec(INSERT, args![kind.as_str(), key_hash, data_enc, true, expires_at]).await.map(drop)
}

pub(crate) async fn find(db: &Database, kind: Kind, key_hash: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
    db.find(FIND, args![kind.as_str(), key_hash, now]).await?.map(|r| r.get(0)).transpose()
}

/// Reads and removes; of several callers one gets it.
pub(crate) async fn take(tx: &mut Tx, kind: Kind, key_hash: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
    tx.find(TAKE, args![kind.as_str(), key_hash, now]).await?.map(|r| r.get(0)).transpose()
}

pub(crate) async fn purge(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    db.exec(PURGE, args![now]).await
}
