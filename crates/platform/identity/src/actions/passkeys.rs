//! Passkeys: registering, signing in as first or second factor, proving oneself again, removing (platform spec 1.5).

use argos_audit::{Category, Entry, Mutation, Status};
use argos_events::{NewEvent, Source};
use argos_kernel::{AppError, Result, Severity, Uid, hex};
use argos_web::OpCx;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::limits::Refused;
use super::login::{How, LoginOutcome, SignedIn};
use super::user_event;
use crate::model::external::new_state;
use crate::model::limiter::Family;
use crate::model::session::SessionKind;
use crate::model::user::User;
use crate::model::webauthn::{self, AuthenticatorData, ClientData, Fault, PublicKey};
use crate::service::Identity;
use crate::store::ephemeral::Kind;
use crate::store::passkeys::{self, Passkey};
use crate::store::{sessions, users};

/// Passkeys of one user.
const PASSKEYS_MAX: usize = 20;
const FIRST: How = How { kind: SessionKind::Web, route: "/api/auth/passkey/login/finish", methods: &["passkey"] };
const SECOND: How = How { kind: SessionKind::Web, route: "/api/auth/passkey/login/finish", methods: &["password", "passkey"] };

/// What a ceremony is for.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    Register,
    /// `user_id` is known when it is the second factor.
    Login,
    StepUp,
}

#[derive(Serialize, Deserialize)]
struct Ceremony {
    purpose: Purpose,
    user_id: Option<i64>,
    rp_id: String,
    origin: String,
}

/// What the browser is asked.
pub(crate) struct Asked {
    pub(crate) challenge: String,
    pub(crate) rp_id: String,
    /// Known passkeys: to choose from, or to leave out.
    pub(crate) known: Vec<Passkey>,
    pub(crate) user: Option<User>,
}

/// A new credential as the browser sends it; all texts are base64url.
pub(crate) struct NewPasskey<'a> {
    pub(crate) client_data: &'a str,
    pub(crate) attestation: &'a str,
    pub(crate) transports: Vec<String>,
    pub(crate) name: &'a str,
}

/// A signature as the browser sends it.
pub(crate) struct Assertion<'a> {
    pub(crate) credential_id: &'a str,
    pub(crate) client_data: &'a str,
    pub(crate) auth_data: &'a str,
    pub(crate) signature: &'a str,
}

/// A signature that was right.
struct Proved {
    passkey: Passkey,
    sign_count: u32,
    backed_up: bool,
    ceremony: Ceremony,
}

impl Identity {
    /// Starts a ceremony. Only one of a login needs no user.
    pub(crate) async fn passkey_begin(&self, cx: &OpCx, purpose: Purpose, user_id: Option<i64>) -> Result<Asked> {
        let origin = self.public_base(cx);
        let rp_id = webauthn::rp_id_of(&origin)
            .ok_or_else(|| AppError::bad_request("Passkeys need a host name: open this server by its name").code("passkey_needs_name"))?;
        let (known, user) = match user_id {
            Some(id) => (passkeys::list(&self.0.db, id).await?, Some(self.account(id).await?.0)),
            None => (Vec::new(), None),
        };
        if purpose == Purpose::Register && known.len() >= PASSKEYS_MAX {
            return Err(passkeys_full());
        }
        if purpose == Purpose::StepUp && known.is_empty() {
            return Err(AppError::conflict("This account has no passkey").code("no_passkey"));
        }
        let challenge = new_state(&*self.0.rng);
        let ceremony = Ceremony { purpose, user_id, rp_id: rp_id.clone(), origin };
        self.keep_secret(Kind::Webauthn, &challenge, &ceremony).await?;
        Ok(Asked { challenge, rp_id, known, user })
    }

    /// The user whose password was right, to be asked for a passkey.
    pub(crate) async fn passkey_second_step(&self, cx: &OpCx, challenge_id: &str) -> Result<Asked> {
        let (user, _) = self.challenged(challenge_id).await?;
        self.passkey_begin(cx, Purpose::Login, Some(user.id)).await
    }

    /// Stores a new passkey; a session that could only set up a factor is free now.
    pub(crate) async fn passkey_register(&self, cx: &OpCx, new: NewPasskey<'_>) -> Result<Passkey> {
        let user_id = cx.user_id()?;
        let name = passkey_name(new.name)?;
        let client = webauthn::decode(new.client_data).map_err(refused)?;
        let data = ClientData::parse(&client).map_err(refused)?;
        let ceremony = self.ceremony(&data, Purpose::Register).await?;
        if ceremony.user_id != Some(user_id) {
            return Err(refused(Fault::Challenge));
        }
        data.check("webauthn.create", &data.challenge, &ceremony.origin).map_err(refused)?;
        let object = webauthn::decode(new.attestation).map_err(refused)?;
        let raw = webauthn::attestation_auth_data(&object).map_err(refused)?;
        let auth = AuthenticatorData::judge(&raw, &ceremony.rp_id).map_err(refused)?;
        let attested = auth.attested.as_ref().ok_or_else(|| refused(Fault::Malformed))?;
        PublicKey::parse(attested.key).map_err(refused)?;
        let passkey = Passkey {
            id: 0,
            uid: self.mint(),
            user_id,
            credential_id: webauthn::encode(attested.credential_id),
            public_key: webauthn::encode(attested.key),
            sign_count: i64::from(auth.sign_count),
            transports: new.transports.into_iter().filter(|t| t.len() <= 32).take(8).collect(),
            aaguid: hex(attested.aaguid),
            name,
            backed_up: auth.is_backed_up(),
            created_at: self.now(),
            last_used_at: None,
        };
        let (user, _) = self.account(user_id).await?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        self.hold(&mut change, &user).await?;
        let known = passkeys::list_in(&mut change, user_id).await?.len();
        if known >= PASSKEYS_MAX {
            return Err(passkeys_full());
        }
        // A session of the bare password may not go on beside the first factor: it could set up one of its own.
        if known == 0 && !user.has_2fa() {
            sessions::revoke_user(&mut change, user_id, cx.caller.session_id, self.now(), "second factor enabled").await?;
        }
        match passkeys::insert(&mut change, &passkey).await {
            Err(e) if e.is_unique("webauthn_credentials.credential_id") => {
                return Err(AppError::conflict("This passkey is registered already").code("passkey_known"));
            }
            other => other?,
        }
        if let Some(session_id) = cx.caller.session_id {
            sessions::unlock(&mut change, session_id).await?;
        }
        self.evict_on_commit(&mut change);
        self.tell_change(&mut change, &user, "passkey_added").await?;
        let entry = Entry::new("auth.passkey_register", Category::Security).target("user", &user.username);
        change.commit(entry.after(json!({ "name": passkey.name, "aaguid": passkey.aaguid }))).await?;
        Ok(passkey)
    }

    /// Signs in with a passkey: alone, or as the second factor of `challenge_id`.
    pub(crate) async fn passkey_login(&self, cx: &OpCx, sent: Assertion<'_>, challenge_id: Option<&str>) -> Result<Box<SignedIn>> {
        let _place = self.gate(cx, Family::Edge, None).await?;
        let expected = match challenge_id {
            Some(id) => Some(self.challenged(id).await?.0),
            None => None,
        };
        let proved = self.prove(cx, &sent, Purpose::Login).await?;
        let found = users::find(&self.0.db, users::By::Id(proved.passkey.user_id)).await?;
        let fits = |user: &User| user.may_sign_in(self.now()) && expected.as_ref().is_none_or(|e| e.id == user.id);
        let Some((user, _)) = found.filter(|(user, _)| fits(user)) else {
            self.refuse_passkey(cx, None).await?;
            return Err(super::invalid_credentials());
        };
        let mut change = self.0.audit.begin(&self.actor_of(cx, &user)).await?;
        self.hold(&mut change, &user).await?;
        self.spend_passkey(&mut change, &proved).await?;
        if let Some(id) = challenge_id {
            self.take_challenge(&mut change, id).await?;
        }
        let how = if challenge_id.is_some() { SECOND } else { FIRST };
        let opened = self.open_session(&mut change, cx, &user, how).await?;
        match self.finish_login(change, opened, "passkey_login_success").await? {
            LoginOutcome::SignedIn(opened) => Ok(opened),
            LoginOutcome::CodeWanted { .. } => Err(super::invalid_credentials()),
        }
    }

    /// Proves the signed-in user again.
    pub(crate) async fn passkey_step_up(&self, cx: &OpCx, sent: Assertion<'_>) -> Result<()> {
        let (user, _) = self.account(cx.user_id()?).await?;
        let session_id = cx.caller.session_id.ok_or_else(|| AppError::forbidden("User session required").code("user_session_required"))?;
        let _place = self.gate(cx, Family::Edge, None).await?;
        let proved = self.prove(cx, &sent, Purpose::StepUp).await?;
        if proved.passkey.user_id != user.id || proved.ceremony.user_id != Some(user.id) {
            self.refuse_passkey(cx, Some(&user)).await?;
            return Err(super::invalid_credentials());
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        self.spend_passkey(&mut change, &proved).await?;
        sessions::step_up(&mut change, session_id, self.now()).await?;
        self.evict_on_commit(&mut change);
        change.commit(Entry::new("auth.step_up", Category::Security).target("user", &user.username)).await
    }

    pub(crate) async fn passkeys(&self, user_id: i64) -> Result<Vec<Passkey>> {
        Ok(passkeys::list(&self.0.db, user_id).await?)
    }

    pub(crate) async fn passkey_rename(&self, cx: &OpCx, uid: Uid, name: &str) -> Result<()> {
        let name = passkey_name(name)?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !passkeys::rename(&mut change, cx.user_id()?, uid, &name).await? {
            return Err(AppError::not_found("Passkey not found"));
        }
        change.commit(Entry::new("auth.passkey_rename", Category::Security).target("passkey", uid).after(json!({ "name": name }))).await
    }

    /// Removes a passkey, but not the last factor while one is required.
    pub(crate) async fn passkey_remove(&self, cx: &OpCx, uid: Uid) -> Result<()> {
        cx.require_step_up()?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        // Two factors removed at once must not leave none.
        let found = users::lock(&mut change, users::By::Id(cx.user_id()?)).await?;
        let (user, _) = found.ok_or_else(|| AppError::unauthenticated("Authentication required"))?;
        let left = passkeys::list_in(&mut change, user.id).await?.iter().filter(|p| p.uid != uid).count();
        if self.policy().require_2fa && !user.has_2fa() && left == 0 {
            return Err(AppError::conflict("This is your last second factor, and one is required here").code("last_factor"));
        }
        if !passkeys::remove(&mut change, user.id, uid).await? {
            return Err(AppError::not_found("Passkey not found"));
        }
        self.tell_change(&mut change, &user, "passkey_removed").await?;
        change.commit(Entry::new("auth.passkey_remove", Category::Security).target("user", &user.username)).await
    }

    /// Takes the ceremony of a reply; it works once.
    async fn ceremony(&self, data: &ClientData, purpose: Purpose) -> Result<Ceremony> {
        let found: Option<Ceremony> = self.take_secret(Kind::Webauthn, &data.challenge).await?;
        found.filter(|c| c.purpose == purpose).ok_or_else(|| refused(Fault::Challenge))
    }

    /// The passkey behind a signature, when everything about it is right.
    async fn prove(&self, cx: &OpCx, sent: &Assertion<'_>, purpose: Purpose) -> Result<Proved> {
        let client = webauthn::decode(sent.client_data).map_err(refused)?;
        let data = ClientData::parse(&client).map_err(refused)?;
        let ceremony = self.ceremony(&data, purpose).await?;
        let auth_data = webauthn::decode(sent.auth_data).map_err(refused)?;
        let tag = webauthn::decode(sent.signature).map_err(refused)?;
        let id = sent.credential_id.trim_end_matches('=');
        let judge = |passkey: &Passkey| {
            data.check("webauthn.get", &data.challenge, &ceremony.origin)?;
            let auth = AuthenticatorData::judge(&auth_data, &ceremony.rp_id)?;
            PublicKey::parse(&webauthn::decode(&passkey.public_key)?)?.verify(&auth_data, &client, &tag)?;
            Ok::<_, Fault>((auth.sign_count, auth.is_backed_up()))
        };
        let found = passkeys::by_credential(&self.0.db, id).await?;
        let known = found.filter(|p| ceremony.user_id.is_none_or(|id| id == p.user_id));
        let judged = known.and_then(|passkey| judge(&passkey).ok().map(|auth| (passkey, auth)));
        let Some((passkey, (sign_count, backed_up))) = judged else {
            self.refuse_passkey(cx, None).await?;
            return Err(super::invalid_credentials());
        };
        if !webauthn::counter_fits(passkey.sign_count, sign_count) {
            self.alert_copied(cx, &passkey, sign_count).await?;
            return Err(super::invalid_credentials());
        }
        Ok(Proved { passkey, sign_count, backed_up, ceremony })
    }

    async fn spend_passkey(&self, change: &mut Mutation, proved: &Proved) -> Result<()> {
        if passkeys::note_use(change, &proved.passkey, proved.sign_count, proved.backed_up, self.now()).await? {
            return Ok(());
        }
        Err(super::invalid_credentials())
    }

    async fn refuse_passkey(&self, cx: &OpCx, user: Option<&User>) -> Result<()> {
        let username = user.map_or("", |u| u.username.as_str());
        self.refuse(cx, Refused { username, route: FIRST.route, code_of: user.map(|u| u.id), alias: "passkey_login_failed" }).await
    }

    /// A counter that went back: somebody copied the authenticator.
    async fn alert_copied(&self, cx: &OpCx, passkey: &Passkey, sent: u32) -> Result<()> {
        let (user, _) = self.account(passkey.user_id).await?;
        let text = format!("A passkey of {} may have been copied: its counter went back", user.username);
        let facts = json!({ "username": user.username, "passkey": passkey.name, "stored": passkey.sign_count, "sent": sent });
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let event = NewEvent::new(Source::Platform, "security.alert", text.clone())
            .severity(Severity::Error)
            .subject("user", user.uid, user.username.as_str())
            .data(facts.clone());
        self.0.events.publish(&mut change, event).await?;
        let entry = Entry::new("auth.passkey_refused", Category::Security).target("user", &user.username).describe(text).after(facts);
        change.commit(entry.status(Status::Failure).severity(Severity::Error)).await
    }

    async fn tell_change(&self, change: &mut Mutation, user: &User, what: &str) -> Result<()> {
        let actor = change.actor().clone();
        let event = user_event("auth.user_changed", format!("The passkeys of {} changed", user.username), user, &actor);
        self.0.events.publish(change, event.data(json!({ "username": user.username, "change": what }))).await?;
        Ok(())
    }
}

fn passkeys_full() -> AppError {
    AppError::conflict("There are too many passkeys on this account").code("passkeys_full")
}

/// 1-64 characters without control characters.
fn passkey_name(text: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(AppError::bad_request("name must be 1-64 characters").code("invalid_field").with("field", "name"));
    }
    Ok(name.to_owned())
}

fn refused(fault: Fault) -> AppError {
    AppError::bad_request("The passkey could not be verified").code("passkey_refused").caused_by(format!("{fault:?}"))
}
