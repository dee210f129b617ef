//! The second half of a browser login: a challenge and a code, or a challenge and a recovery code.

use argos_kernel::{AppError, ErrorKind, Result, hex};
use argos_store::Tx;
use argos_web::OpCx;
use serde::{Deserialize, Serialize};

use super::limits::Refused;
use super::login::{How, LoginOutcome, SignedIn};
use super::second_factor::Proof;
use crate::model::limiter::Family;
use crate::model::session::SessionKind;
use crate::model::user::{User, UserSecrets};
use crate::model::{recovery, totp};
use crate::service::Identity;
use crate::store::{ephemeral, users};
use crate::windows::Place;

/// What a challenge remembers.
#[derive(Serialize, Deserialize)]
struct Challenge {
    user_id: i64,
    /// When the account whose password was right had changed last: after another change the password may be another.
    updated_at_us: i64,
}

/// The place a challenge is sealed for.
const CHALLENGE_AAD: &str = "ephemeral.data_enc:totp_challenge";
const CODE: How = How { kind: SessionKind::Web, route: "/api/auth/totp/verify", methods: &["password", "totp"] };
const RECOVERY: How = How { kind: SessionKind::Web, route: "/api/auth/totp/recovery", methods: &["password", "recovery"] };
/// How often a lost race for the recovery set is tried again.
const RACES_MAX: u32 = 3;

impl Identity {
    /// 32 hexadecimal characters that stand for a right password, for five minutes.
    pub(crate) async fn new_challenge(&self, user: &User) -> Result<String> {
        let id = hex(&self.0.rng.bytes::<16>());
        let data =
            serde_json::to_vec(&Challenge { user_id: user.id, updated_at_us: user.updated_at.micros() }).map_err(AppError::internal)?;
        let sealed = self.0.vault.seal(CHALLENGE_AAD, &data)?;
        ephemeral::insert(&self.0.db, ephemeral::Kind::TotpChallenge, &self.token_hash_text(&id), &sealed, self.now()).await?;
        Ok(id)
    }

    pub(crate) async fn challenged(&self, challenge_id: &str) -> Result<(User, UserSecrets)> {
        let hash = self.token_hash_text(challenge_id.trim());
        let sealed = ephemeral::find(&self.0.db, ephemeral::Kind::TotpChallenge, &hash, self.now()).await?.ok_or_else(gone)?;
        let data = self.0.vault.open(CHALLENGE_AAD, &sealed)?;
        let challenge: Challenge = serde_json::from_slice(data.reveal()).map_err(AppError::internal)?;
        let found = users::find(&self.0.db, users::By::Id(challenge.user_id)).await?;
        let same = |user: &User| user.updated_at.micros() == challenge.updated_at_us && user.may_sign_in(self.now());
        found.filter(|(user, _)| same(user)).ok_or_else(gone)
    }

    /// Signs in with a six-digit code.
    pub(crate) async fn verify_challenge(&self, cx: &OpCx, challenge_id: &str, code: &str) -> Result<Box<SignedIn>> {
        let (_place, user, secrets) = self.admitted(cx, challenge_id).await?;
        let refused = refusal(&user, CODE.route, "totp_verify_failed");
        let proof = totp::parse_code(code).map(|code| self.judge_code(&user, &secrets, code)).transpose()?.flatten();
        let Some(proof) = proof else {
            self.refuse(cx, refused).await?;
            return Err(wrong_code());
        };
        match self.redeem(cx, challenge_id, &user, proof, CODE).await? {
            Some(opened) => Ok(opened),
            None => {
                self.refuse(cx, refused).await?;
                Err(wrong_code())
            }
        }
    }

    /// Signs in with a recovery code, which is burnt; also tells how many are left.
    pub(crate) async fn recover_challenge(&self, cx: &OpCx, challenge_id: &str, typed: &str) -> Result<(Box<SignedIn>, usize)> {
        for _ in 0..RACES_MAX {
            let (_place, user, secrets) = self.admitted(cx, challenge_id).await?;
            let refused = refusal(&user, RECOVERY.route, "totp_recovery_failed");
            let codes = self.recovery_codes(&user, &secrets)?;
            let Some(rest) = recovery::burn(&codes, typed) else {
                self.refuse(cx, refused).await?;
                return Err(wrong_code());
            };
            let left = rest.len();
            let proof = self.recovery_proof(&user, &secrets, &rest)?;
            if let Some(opened) = self.redeem(cx, challenge_id, &user, proof, RECOVERY).await? {
                return Ok((opened, left));
            }
        }
        Err(AppError::new(ErrorKind::Unavailable, "Too many sign-ins at once, please try again").code("busy"))
    }

    /// The user behind a challenge, unless the address or its codes are locked.
    async fn admitted(&self, cx: &OpCx, challenge_id: &str) -> Result<(Place, User, UserSecrets)> {
        let found = self.challenged(challenge_id).await;
        let place = self.gate(cx, Family::Edge, found.as_ref().ok().map(|(user, _)| user.id)).await?;
        let (user, secrets) = found?;
        if !user.has_2fa() {
            return Err(AppError::unauthenticated("2FA is not enabled").code("totp_not_enabled"));
        }
        Ok((place, user, secrets))
    }

    /// Uses a challenge up.
    pub(crate) async fn take_challenge(&self, tx: &mut Tx, challenge_id: &str) -> Result<()> {
        let hash = self.token_hash_text(challenge_id.trim());
        ephemeral::take(tx, ephemeral::Kind::TotpChallenge, &hash, self.now()).await?.map(drop).ok_or_else(gone)
    }

    /// Burns the proof and the challenge and opens the session, all or nothing; `None` when the proof was used meanwhile.
    async fn redeem(&self, cx: &OpCx, challenge_id: &str, user: &User, proof: Proof, how: How) -> Result<Option<Box<SignedIn>>> {
        let mut change = self.0.audit.begin(&self.actor_of(cx, user)).await?;
        self.hold(&mut change, user).await?;
        self.take_challenge(&mut change, challenge_id).await?;
        if !self.spend(&mut change, user, proof).await? {
            return Ok(None);
        }
        let opened = self.open_session(&mut change, cx, user, how).await?;
        let alias = if how.methods.contains(&"recovery") { "totp_recovery_used" } else { "totp_login_success" };
        match self.finish_login(change, opened, alias).await? {
            LoginOutcome::SignedIn(opened) => Ok(Some(opened)),
            LoginOutcome::CodeWanted { .. } => Ok(None),
        }
    }
}

fn refusal<'a>(user: &'a User, route: &'static str, alias: &'static str) -> Refused<'a> {
    Refused { username: &user.username, route, code_of: Some(user.id), alias }
}

fn gone() -> AppError {
    AppError::unauthenticated("challenge not found or expired").code("challenge_expired")
}

fn wrong_code() -> AppError {
    AppError::unauthenticated("invalid code").code("invalid_code")
}
