//! Making, changing, rotating and deleting endpoints. A secret is shown once, when it is made.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Secret, hex};
use data_encoding::BASE64URL_NOPAD;

use crate::Webhooks;
use crate::store::{self, Endpoint};
use crate::verify::{MODES, SOURCES};

const NAME_MAX: usize = 128;
const ENDPOINTS_MAX: usize = 500;
/// How long the secret before the last rotation is accepted.
const PREVIOUS_S: i64 = 86_400;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Not found")
}

fn bad(text: impl Into<String>, field: &str) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

fn entry(verb: &str, id: i64, text: String) -> Entry {
    Entry::new(format!("webhook_endpoint.{verb}"), Category::Config).target("webhook_endpoint", id).describe(text)
}

fn named(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(bad("Name is required", "name"));
    }
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(bad(format!("Name must be at most {NAME_MAX} characters without control characters"), "name"));
    }
    Ok(name.to_owned())
}

impl Endpoint {
    pub(crate) fn aad(&self) -> String {
        store::place_of(&self.uid.to_string())
    }
}

impl Webhooks {
    fn new_secret(&self) -> Secret<String> {
        Secret::new(hex(&self.0.rng.bytes::<32>()))
    }

    /// The endpoint and its secret.
    pub(crate) async fn create(&self, actor: &Actor, name: &str, source: &str, mode: &str) -> Result<(Endpoint, Secret<String>)> {
        let name = named(name)?;
        if !SOURCES.contains(&source) {
            return Err(bad(format!("Source must be one of {}", SOURCES.join(", ")), "source"));
        }
        if !MODES.contains(&mode) {
            return Err(bad(format!("Verify mode must be one of {}", MODES.join(", ")), "verify_mode"));
        }
        let secret = self.new_secret();
        let mut made = Endpoint {
            id: 0,
            uid: self.mint(),
            hook_id: BASE64URL_NOPAD.encode(&self.0.rng.bytes::<16>()),
            name,
            source: source.to_owned(),
            verify_mode: mode.to_owned(),
            secret_enc: String::new(),
            previous: None,
            enabled: true,
            trigger_count: 0,
            rejected: 0,
            last_triggered: None,
            created_at: self.now(),
        };
        made.secret_enc = self.0.vault.seal(&made.aad(), secret.reveal().as_bytes())?;
        if store::list(&self.0.db).await?.len() >= ENDPOINTS_MAX {
            return Err(bad(format!("There are already {ENDPOINTS_MAX} webhooks"), "name"));
        }
        let mut change = self.0.audit.begin(actor).await?;
        made.id = store::insert(&mut change, &made).await?;
        change.commit(entry("create", made.id, format!("Webhook {} created", made.name))).await?;
        Ok((made, secret))
    }

    pub(crate) async fn change(&self, actor: &Actor, id: i64, name: Option<&str>, enabled: Option<bool>) -> Result<Endpoint> {
        let mut change = self.0.audit.begin(actor).await?;
        let mut found = store::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        if let Some(name) = name {
            found.name = named(name)?;
        }
        found.enabled = enabled.unwrap_or(found.enabled);
        store::update(&mut change, id, &found.name, found.enabled).await?;
        change.commit(entry("update", id, format!("Webhook {} changed", found.name))).await?;
        Ok(found)
    }

    /// A new secret; the old one is good for another day.
    pub(crate) async fn rotate(&self, actor: &Actor, id: i64) -> Result<Secret<String>> {
        let secret = self.new_secret();
        let mut change = self.0.audit.begin(actor).await?;
        let found = store::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        let sealed = self.0.vault.seal(&found.aad(), secret.reveal().as_bytes())?;
        store::rotate(&mut change, id, self.now().plus_secs(PREVIOUS_S), &sealed).await?;
        change.commit(entry("rotate", id, format!("Secret of webhook {} replaced", found.name))).await?;
        Ok(secret)
    }

    pub(crate) async fn delete(&self, actor: &Actor, id: i64) -> Result<()> {
        let mut change = self.0.audit.begin(actor).await?;
        let found = store::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        store::delete(&mut change, id).await?;
        change.commit(entry("delete", id, format!("Webhook {} deleted", found.name))).await
    }
}
