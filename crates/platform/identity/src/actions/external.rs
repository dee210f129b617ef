//! Letting in whom another provider vouches for: known account, invited account, or a new one - never an account
//! with a password, never by an address nobody verified (platform spec 1.6).

use argos_audit::{Category, Entry, Mutation, Status};
use argos_kernel::{Actor, AppError, Result, Role, Severity};
use argos_web::OpCx;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::login::{How, LoginOutcome, SignedIn};
use super::user_event;
use crate::model::external::{Admission, Denial, ExternalProfile, new_state};
use crate::model::session::SessionKind;
use crate::model::user::{User, check_email};
use crate::service::{ForeignToken, Identity};
use crate::store::ephemeral::{self, Kind};
use crate::store::identities::{self, Account, Linked};
use crate::store::users;

/// How the accounts of a provider become ours.
pub(crate) struct Intake<'a> {
    pub(crate) admission: &'a Admission,
    pub(crate) default_role: Role,
    pub(crate) how: How,
    /// `users.created_via`
    pub(crate) created_via: &'static str,
}

/// What an exchange code stands for.
#[derive(Serialize, Deserialize)]
struct Exchange {
    user_id: i64,
}

impl Identity {
    /// Signs in whom a provider vouches for, or says why not.
    pub(crate) async fn admit(&self, cx: &OpCx, profile: &ExternalProfile, intake: &Intake<'_>) -> Result<Result<Box<SignedIn>, Denial>> {
        if let Err(denial) = intake.admission.judge(profile) {
            self.note_denial(cx, profile, denial).await?;
            return Ok(Err(denial));
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let user = match self.account_of(&mut change, profile, intake).await? {
            Ok(user) if user.may_sign_in(self.now()) => user,
            Ok(_) => {
                drop(change);
                self.note_denial(cx, profile, Denial::NotAllowed).await?;
                return Ok(Err(Denial::NotAllowed));
            }
            Err(denial) => {
                drop(change);
                self.note_denial(cx, profile, denial).await?;
                return Ok(Err(denial));
            }
        };
        let opened = self.open_session(&mut change, cx, &user, intake.how).await?;
        let alias = if profile.provider == "oidc" { "oidc_login_success" } else { "social_login_success" };
        match self.finish_login(change, opened, alias).await? {
            LoginOutcome::SignedIn(opened) => Ok(Ok(opened)),
            LoginOutcome::CodeWanted { .. } => Ok(Err(Denial::Upsert)),
        }
    }

    /// The user a foreign issuer's token belongs to; one is made where that is allowed.
    pub(crate) async fn owner_of(&self, token: &ForeignToken) -> Result<Option<User>> {
        let profile = &token.profile;
        if let Some(id) = identities::find_owner(&self.0.db, &account(profile)).await? {
            return Ok(users::find(&self.0.db, users::By::Id(id)).await?.map(|(user, _)| user));
        }
        let actor = Actor { name: profile.provider.clone(), ..Actor::system() };
        let intake = Intake {
            admission: &token.admission,
            default_role: token.default_role,
            how: How { kind: SessionKind::JwtAccess, route: "jwt", methods: &["sso"] },
            created_via: "oidc",
        };
        let mut change = self.0.audit.begin(&actor).await?;
        let Ok(user) = self.account_of(&mut change, profile, &intake).await? else { return Ok(None) };
        let entry = Entry::new("auth.identity_link", Category::Security).target("user", &user.username);
        change.commit(entry.after(json!({ "provider": profile.provider, "email": profile.email }))).await?;
        Ok(Some(user))
    }

    /// The user of a provider's account: linked, invited, or made now.
    pub(crate) async fn account_of(
        &self,
        change: &mut Mutation,
        profile: &ExternalProfile,
        intake: &Intake<'_>,
    ) -> Result<Result<User, Denial>> {
        let account = account(profile);
        if let Some(id) = identities::owner(change, &account).await? {
            identities::refresh(change, &account).await?;
            let found = users::lock(change, users::By::Id(id)).await?;
            return Ok(found.map(|(user, _)| user).ok_or(Denial::Upsert));
        }
        let email = profile.email.as_deref().filter(|e| profile.email_verified && check_email(e).is_ok());
        let holder = match email {
            Some(email) => users::lock(change, users::By::Email(email)).await?.map(|(user, _)| user),
            None => None,
        };
        if let Some(user) = &holder
            && !user.has_password
            && matches!(user.created_via.as_str(), "invitation" | "import")
            && identities::count(change, user.id).await? == 0
        {
            identities::insert(change, user.id, &account, self.now()).await?;
            return Ok(Ok(user.clone()));
        }
        if !intake.admission.auto_provision {
            return Ok(Err(Denial::NoAutoProvision));
        }
        let Some(mut user) = self.provision(change, profile, intake).await? else { return Ok(Err(Denial::Upsert)) };
        identities::insert(change, user.id, &account, self.now()).await?;
        // An address that another account holds stays unverified here.
        if let Some(email) = profile.email.as_deref().filter(|e| check_email(e).is_ok()) {
            user.email = Some(email.to_owned());
            user.email_verified = profile.email_verified && holder.is_none();
            user.updated_at = self.now();
            users::update(change, &user, user.updated_at).await?;
        }
        Ok(Ok(user))
    }

    /// A new account without a password; `None` when its names are taken.
    pub(crate) async fn provision(&self, change: &mut Mutation, profile: &ExternalProfile, intake: &Intake<'_>) -> Result<Option<User>> {
        for username in profile.username_candidates() {
            if users::lock(change, users::By::Name(&username)).await?.is_some() {
                continue;
            }
            let display_name = profile.display_name().unwrap_or_else(|| username.clone());
            let row = users::NewUser {
                uid: self.mint(),
                username: &username,
                display_name: &display_name,
                email: None,
                password_hash: None,
                // Nobody becomes owner by a provider's word.
                role: intake.default_role.min(Role::Admin),
                is_temporary: false,
                expires_at: None,
                allowed_node_ids: None,
                must_change_password: false,
                created_via: intake.created_via,
            };
            let user = self.insert_user(change, &row).await?;
            let text = format!("User {username} was created by a sign-in with {}", profile.provider);
            let actor = change.actor().clone();
            let event = user_event("auth.user_changed", text, &user, &actor);
            self.0.events.publish(change, event.data(json!({ "username": username, "change": "created" }))).await?;
            return Ok(Some(user));
        }
        Ok(None)
    }

    /// Puts a refused sign-in on record.
    pub(crate) async fn note_denial(&self, cx: &OpCx, profile: &ExternalProfile, denial: Denial) -> Result<()> {
        self.note_external_failure(cx, &profile.provider, denial.word(), profile.email.as_deref()).await
    }

    pub(crate) async fn note_external_failure(&self, cx: &OpCx, provider: &str, stage: &str, email: Option<&str>) -> Result<()> {
        let entry = Entry::new("auth.login_failed", Category::Security)
            .alias(if provider == "oidc" { "oidc_login_failed" } else { "social_login_failed" })
            .target("provider", provider)
            .describe(format!("Sign-in with {provider} failed: {stage}"))
            .after(json!({ "provider": provider, "stage": stage, "email": email }))
            .status(Status::Failure)
            .severity(Severity::Warning);
        self.0.audit.note(&cx.actor(), entry).await
    }

    /// Links a provider's account to the signed-in user; 409 when somebody else has it.
    pub(crate) async fn link_external(&self, cx: &OpCx, user: &User, profile: &ExternalProfile) -> Result<()> {
        let mut change = self.0.audit.begin(&self.actor_of(cx, user)).await?;
        match identities::owner(&mut change, &account(profile)).await? {
            Some(id) if id == user.id => return Ok(()),
            Some(_) => return Err(AppError::conflict("This account is linked to another user").code("identity_taken")),
            None => identities::insert(&mut change, user.id, &account(profile), self.now()).await?,
        }
        let entry = Entry::new("auth.identity_link", Category::Security).target("user", &user.username);
        change.commit(entry.after(json!({ "provider": profile.provider, "email": profile.email }))).await
    }

    /// The providers linked to the signed-in user.
    pub(crate) async fn linked(&self, cx: &OpCx) -> Result<Vec<Linked>> {
        Ok(identities::list(&self.0.db, cx.user_id()?).await?)
    }

    /// Unlinks a provider, unless it is the only way in.
    pub(crate) async fn unlink_external(&self, cx: &OpCx, provider: &str) -> Result<()> {
        self.require_unscoped(cx).await?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        // Two ways in removed at once must not leave none.
        let found = users::lock(&mut change, users::By::Id(cx.user_id()?)).await?;
        let (user, _) = found.ok_or_else(|| AppError::unauthenticated("Authentication required"))?;
        if !identities::remove(&mut change, user.id, provider).await? {
            return Err(AppError::not_found("This provider is not linked"));
        }
        if !user.has_password && identities::count(&mut change, user.id).await? == 0 {
            return Err(AppError::conflict("Set a password first: this is your only way to sign in").code("last_sign_in_method"));
        }
        let entry = Entry::new("auth.identity_unlink", Category::Security).target("user", &user.username);
        change.commit(entry.after(json!({ "provider": provider }))).await
    }

    /// Gives a provider's accounts from before issuers were kept the issuer that was in use then. Without one they belong
    /// to nobody who signs in: a later provider's people must not get them.
    pub async fn adopt_issuer(&self, provider: &str, issuer: Option<&str>) -> Result<u64> {
        let issuer = issuer.map(same_issuer).filter(|issuer| !issuer.is_empty()).unwrap_or("unknown");
        Ok(identities::adopt(&self.0.db, provider, issuer).await?)
    }

    /// A code that is worth a header token for a minute, once.
    pub(crate) async fn new_exchange_code(&self, user_id: i64) -> Result<String> {
        let code = new_state(&*self.0.rng);
        self.keep_secret(Kind::ExchangeCode, &code, &Exchange { user_id }).await?;
        Ok(code)
    }

    /// Opens a token session for an exchange code.
    pub(crate) async fn redeem_exchange_code(&self, cx: &OpCx, code: &str, route: &'static str) -> Result<Box<SignedIn>> {
        let invalid = || AppError::unauthenticated("Invalid or expired code").code("invalid_code");
        let exchange: Exchange = self.take_secret(Kind::ExchangeCode, code).await?.ok_or_else(invalid)?;
        let found = users::find(&self.0.db, users::By::Id(exchange.user_id)).await?;
        let (user, _) = found.filter(|(user, _)| user.may_sign_in(self.now())).ok_or_else(invalid)?;
        let mut change = self.0.audit.begin(&self.actor_of(cx, &user)).await?;
        self.hold(&mut change, &user).await?;
        let how = How { kind: SessionKind::Token, route, methods: &["sso"] };
        let opened = self.open_session(&mut change, cx, &user, how).await?;
        match self.finish_login(change, opened, "oidc_login_success").await? {
            LoginOutcome::SignedIn(opened) => Ok(opened),
            LoginOutcome::CodeWanted { .. } => Err(invalid()),
        }
    }

    /// Stores a short-lived secret under the hash of its key.
    pub(crate) async fn keep_secret<T: Serialize>(&self, kind: Kind, key: &str, data: &T) -> Result<()> {
        let data = serde_json::to_vec(data).map_err(AppError::internal)?;
        let sealed = self.0.vault.seal(&aad(kind), &data)?;
        Ok(ephemeral::insert(&self.0.db, kind, &self.token_hash_text(key), &sealed, self.now()).await?)
    }

    /// Reads and removes one; `None` when it is unknown, used or too old.
    pub(crate) async fn take_secret<T: for<'de> Deserialize<'de>>(&self, kind: Kind, key: &str) -> Result<Option<T>> {
        let mut tx = self.0.db.begin().await?;
        let Some(sealed) = ephemeral::take(&mut tx, kind, &self.token_hash_text(key), self.now()).await? else { return Ok(None) };
        tx.commit().await?;
        let data = self.0.vault.open(&aad(kind), &sealed)?;
        serde_json::from_slice(data.reveal()).map(Some).map_err(AppError::internal)
    }
}

/// An issuer however it was typed.
pub(crate) fn same_issuer(url: &str) -> &str {
    url.trim().trim_end_matches('/')
}

fn aad(kind: Kind) -> String {
    format!("ephemeral.data_enc:{}", kind.as_str())
}

fn account(profile: &ExternalProfile) -> Account<'_> {
    Account {
        provider: &profile.provider,
        issuer: &profile.issuer,
        subject: &profile.subject,
        email: profile.email.as_deref(),
        name: profile.name.as_deref(),
    }
}
