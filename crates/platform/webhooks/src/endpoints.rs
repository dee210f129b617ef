//! Making, changing, rotating and deleting endpoints. A secret is shown once, when it is made.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Secret, Timestamp, Uid, hex};
use argos_store::{StoreError, Tx};
use argos_web::Consequence;
use data_encoding::BASE64URL_NOPAD;

use crate::Webhooks;
use crate::store::{self, Endpoint};
use crate::verify::{MODES, SOURCES};

const NAME_MAX: usize = 128;
pub(crate) const ENDPOINTS_MAX: i64 = 500;
/// How long the secret before the last rotation is accepted.
const PREVIOUS_S: i64 = 86_400;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Not found")
}

fn bad(text: impl Into<String>, field: &str) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

/// An address is never given twice, so only what was put back meanwhile can be in the way.
pub(crate) fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Unique(_) => AppError::conflict("This webhook is there already").code("already_exists"),
        other => other.into(),
    }
}

pub(crate) fn entry(verb: &str, endpoint: &Endpoint, text: String) -> Entry {
    let entry = Entry::new(format!("webhook_endpoint.{verb}"), Category::Config).target("webhook_endpoint", endpoint.id).describe(text);
    match endpoint.organization_id {
        Some(organization) => entry.organization(organization),
        None => entry,
    }
}

/// Whose an endpoint is; by default the whole installation's.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) organization_id: Option<i64>,
    pub(crate) project_id: Option<i64>,
}

/// Which endpoint is meant: one of the installation by number, one of an organization by uid.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    Number(i64),
    Of(i64, Uid),
}

pub(crate) fn named(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(bad("Name is required", "name"));
    }
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(bad(format!("Name must be at most {NAME_MAX} characters without control characters"), "name"));
    }
    Ok(name.to_owned())
}

async fn found(tx: &mut Tx, which: Which) -> Result<Endpoint> {
    let endpoint = match which {
        Which::Number(id) => store::find_in(tx, id).await?,
        Which::Of(organization, uid) => store::find_uid_in(tx, uid).await?.filter(|e| e.organization_id == Some(organization)),
    };
    endpoint.ok_or_else(not_found)
}

impl Endpoint {
    pub(crate) fn aad(&self) -> String {
        store::place_of(&self.uid.to_string())
    }
}

/// The secret of an endpoint, without the secret.
#[derive(Clone, Debug)]
pub struct KeptSecret {
    pub name: String,
    /// Who signs with it.
    pub source: String,
    pub created_at: Timestamp,
    /// The last call that was accepted.
    pub last_used_at: Option<Timestamp>,
}

impl Webhooks {
    /// The secrets of the installation's endpoints, or of an organization's.
    pub async fn kept_secrets(&self, organization: Option<i64>) -> Result<Vec<KeptSecret>> {
        let all = match organization {
            Some(organization) => store::of_organization(&self.0.db, organization).await?,
            None => store::list(&self.0.db).await?,
        };
        let signed = all.into_iter().filter(|e| e.verify_mode != "none");
        Ok(signed
            .map(|e| KeptSecret { name: e.name, source: e.source, created_at: e.created_at, last_used_at: e.last_triggered })
            .collect())
    }

    /// What an endpoint of the installation takes along: what came, and when it came last.
    pub async fn consequences_of_endpoint(&self, id: i64) -> Result<Vec<Consequence>> {
        let Some(e) = store::list(&self.0.db).await?.into_iter().find(|e| e.id == id) else { return Ok(Vec::new()) };
        let calls = Consequence::counted("webhook_calls", usize::try_from(e.trigger_count).unwrap_or_default());
        Ok(calls.into_iter().chain(Consequence::named("key_used", e.last_triggered.map(Timestamp::rfc3339))).collect())
    }

    /// The endpoints an organization takes along.
    pub async fn consequences_of_organization(&self, organization: i64) -> Result<Vec<Consequence>> {
        let all = store::of_organization(&self.0.db, organization).await?;
        Ok(Consequence::named("webhooks", all.into_iter().map(|e| e.name)).into_iter().collect())
    }

    fn new_secret(&self) -> Secret<String> {
        Secret::new(hex(&self.0.rng.bytes::<32>()))
    }

    /// The endpoint and its secret.
    pub(crate) async fn create(
        &self,
        actor: &Actor,
        place: Place,
        name: &str,
        source: &str,
        mode: &str,
    ) -> Result<(Endpoint, Secret<String>)> {
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
            organization_id: place.organization_id,
            project_id: place.project_id,
        };
        made.secret_enc = self.0.vault.seal(&made.aad(), secret.reveal().as_bytes())?;
        let mut change = self.0.audit.begin(actor).await?;
        if store::count(&mut change, place.organization_id).await? >= ENDPOINTS_MAX {
            return Err(bad(format!("There are already {ENDPOINTS_MAX} webhooks"), "name"));
        }
        made.id = store::insert(&mut change, &made).await?;
        change.commit(entry("create", &made, format!("Webhook {} created", made.name))).await?;
        Ok((made, secret))
    }

    pub(crate) async fn change(&self, actor: &Actor, id: i64, name: Option<&str>, enabled: Option<bool>) -> Result<Endpoint> {
        let mut change = self.0.audit.begin(actor).await?;
        let mut found = found(&mut change, Which::Number(id)).await?;
        self.offer(&mut change, &found).await?;
        if let Some(name) = name {
            found.name = named(name)?;
        }
        found.enabled = enabled.unwrap_or(found.enabled);
        store::update(&mut change, id, &found.name, found.enabled).await?;
        change.commit(entry("update", &found, format!("Webhook {} changed", found.name))).await?;
        Ok(found)
    }

    /// A new secret; the old one is good for another day.
    pub(crate) async fn rotate(&self, actor: &Actor, which: Which) -> Result<Secret<String>> {
        let secret = self.new_secret();
        let mut change = self.0.audit.begin(actor).await?;
        let found = found(&mut change, which).await?;
        let sealed = self.0.vault.seal(&found.aad(), secret.reveal().as_bytes())?;
        store::rotate(&mut change, found.id, self.now().plus_secs(PREVIOUS_S), &sealed).await?;
        change.commit(entry("rotate", &found, format!("Secret of webhook {} replaced", found.name))).await?;
        Ok(secret)
    }

    pub(crate) async fn delete(&self, actor: &Actor, which: Which) -> Result<()> {
        let mut change = self.0.audit.begin(actor).await?;
        let found = found(&mut change, which).await?;
        self.offer(&mut change, &found).await?;
        store::delete(&mut change, found.id).await?;
        change.commit(entry("delete", &found, format!("Webhook {} deleted", found.name))).await
    }
}
