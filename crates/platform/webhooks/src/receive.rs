//! One call: verify, store it with its event, answer. A repetition is answered like the first and has no second effect.

use argos_events::{NewEvent, Source};
use argos_kernel::{AppError, Result};
use serde_json::{Map, Value, json};

use crate::Webhooks;
use crate::endpoints::not_found;
use crate::store::{self, Endpoint, NewDelivery};
use crate::verify::{Call, is_genuine, replay_key};

/// Headers that are kept; none of them proves anything.
const KEPT_HEADERS: [&str; 10] = [
    "content-type",
    "user-agent",
    "x-github-event",
    "x-github-delivery",
    "x-gitlab-event",
    "x-gitlab-event-uuid",
    "sentry-hook-resource",
    "request-id",
    "x-request-id",
    "idempotency-key",
];
/// A body kept for reading; the whole was verified.
const BODY_KEPT: usize = 256 << 10;

/// What became of an accepted call.
pub(crate) struct Accepted {
    pub(crate) uid: String,
    pub(crate) event_type: String,
    pub(crate) delivery_id: String,
    pub(crate) is_repeated: bool,
    pub(crate) event_id: Option<i64>,
}

pub(crate) fn invalid_signature() -> AppError {
    AppError::unauthenticated("Invalid signature").code("invalid_signature")
}

/// Whose call it is: an endpoint's, or without one the whole installation's.
pub(crate) struct Proven {
    endpoint: Option<Endpoint>,
    source: String,
    mode: &'static str,
}

impl Webhooks {
    /// The calling sender must know this endpoint's secret, or the one before it for a day.
    pub(crate) async fn prove_at(&self, endpoint: Endpoint, call: &Call<'_>) -> Result<Proven> {
        match self.knows_secret(&endpoint, call)? {
            true => {
                self.require_organization(&endpoint, None).await?;
                Ok(Proven::by(endpoint))
            }
            false => {
                store::rejected(&self.0.db, endpoint.id).await?;
                Err(invalid_signature())
            }
        }
    }

    /// For a sender's common route: any enabled endpoint of the source, else the instance's own secret. A call that
    /// names an organization is never taken by an endpoint of another one.
    pub(crate) async fn prove_from(&self, source: &str, organization: Option<&str>, call: &Call<'_>) -> Result<Proven> {
        for endpoint in store::of_source(&self.0.db, source).await? {
            // An endpoint that takes anything is meant for its own address only.
            if endpoint.verify_mode != "none" && self.knows_secret(&endpoint, call)? {
                self.require_organization(&endpoint, organization).await?;
                return Ok(Proven::by(endpoint));
            }
        }
        let own = (self.0.fallback)(source)?;
        if own.is_some_and(|secret| is_genuine(source, "native", secret.reveal(), call)) {
            return Ok(Proven { endpoint: None, source: source.to_owned(), mode: "native" });
        }
        Err(invalid_signature())
    }

    /// Its organization must still be there, and be the one the call names.
    async fn require_organization(&self, endpoint: &Endpoint, named: Option<&str>) -> Result<()> {
        let Some(own) = endpoint.organization_id else { return Ok(()) };
        let uid = self.0.organizations.uid_of(own).await?.ok_or_else(not_found)?.to_string();
        if named.is_none_or(|named| named == uid) {
            return Ok(());
        }
        store::rejected(&self.0.db, endpoint.id).await?;
        Err(AppError::forbidden("This webhook belongs to another organization").code("other_organization"))
    }

    fn knows_secret(&self, endpoint: &Endpoint, call: &Call<'_>) -> Result<bool> {
        if endpoint.verify_mode == "none" {
            return Ok(true);
        }
        let previous = endpoint.previous.as_ref().filter(|(_, until)| *until > self.now()).map(|(blob, _)| blob);
        for blob in std::iter::once(&endpoint.secret_enc).chain(previous) {
            let secret = self.0.vault.open_text(&endpoint.aad(), blob)?;
            if is_genuine(&endpoint.source, &endpoint.verify_mode, secret.reveal(), call) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Stores a call once and publishes it.
    pub(crate) async fn accept(&self, proven: &Proven, call: &Call<'_>) -> Result<Accepted> {
        let (endpoint, source) = (proven.endpoint.as_ref(), proven.source.as_str());
        let (uid, now) = (self.mint(), self.now());
        let event_type = event_type(source, call);
        let replay_key = replay_key(source, proven.mode, call);
        let delivery_id = delivery_id(call).or_else(|| replay_key.clone()).unwrap_or_else(|| uid.to_string());
        let kept: Map<String, Value> = KEPT_HEADERS
            .iter()
            .filter_map(|h| (call.header)(h).map(|v| ((*h).to_owned(), json!(v.chars().take(300).collect::<String>()))))
            .collect();
        let body = String::from_utf8_lossy(call.body.get(..BODY_KEPT).unwrap_or(call.body)).replace('\0', "");
        let new = NewDelivery {
            uid,
            endpoint_id: endpoint.map(|e| e.id),
            source,
            scope: endpoint.map_or("instance", |e| e.hook_id.as_str()),
            delivery_id: &delivery_id,
            replay_key: replay_key.as_deref(),
            event_type: &event_type,
            headers: &Value::Object(kept).to_string(),
            body: &body,
            at: now,
        };
        let mut tx = self.0.db.begin().await?;
        let Some(id) = store::store(&mut tx, &new).await? else {
            let first = store::again(&mut tx, &new).await?;
            tx.commit().await?;
            return Ok(Accepted { uid: first, event_type, delivery_id, is_repeated: true, event_id: None });
        };
        let event = event_of(endpoint, source, json!({ "event_type": event_type, "delivery_uid": uid.to_string() }));
        let event_id = self.0.events.publish(&mut tx, event).await?;
        store::processed(&mut tx, id, event_id).await?;
        if let Some(endpoint) = endpoint {
            store::triggered(&mut tx, endpoint.id, now).await?;
        }
        tx.commit().await?;
        Ok(Accepted { uid: uid.to_string(), event_type, delivery_id, is_repeated: false, event_id: Some(event_id) })
    }
}

impl Proven {
    fn by(endpoint: Endpoint) -> Self {
        // Modes other than these two prove nothing by a signature.
        let mode = if endpoint.verify_mode == "native" { "native" } else { "token" };
        Self { source: endpoint.source.clone(), endpoint: Some(endpoint), mode }
    }
    pub(crate) fn is_of_organization(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|e| e.organization_id.is_some())
    }
}

fn event_of(endpoint: Option<&Endpoint>, source: &str, mut data: Value) -> NewEvent {
    let name = endpoint.map_or(source, |e| e.name.as_str());
    data["endpoint_id"] = json!(endpoint.map(|e| e.id));
    data["source"] = json!(source);
    let mut event = NewEvent::new(Source::Platform, "webhook.received", format!("Webhook {name} was called"))
        .subject("webhook", endpoint.map_or(0, |e| e.id), name)
        .data(data);
    event.organization_id = endpoint.and_then(|e| e.organization_id);
    event.project_id = endpoint.and_then(|e| e.project_id);
    event
}

/// What the sender calls it.
fn delivery_id(call: &Call<'_>) -> Option<String> {
    let names = ["x-github-delivery", "x-gitlab-event-uuid", "idempotency-key", "request-id", "x-request-id"];
    let given = names.iter().find_map(|n| (call.header)(n)).map(str::trim).filter(|id| !id.is_empty());
    given.map(|id| id.chars().take(200).collect())
}

fn event_type(source: &str, call: &Call<'_>) -> String {
    let name = match source {
        "github" => (call.header)("x-github-event"),
        "gitlab" => (call.header)("x-gitlab-event"),
        "sentry" => (call.header)("sentry-hook-resource"),
        _ => (call.header)("x-argos-event"),
    };
    let text: String = name.unwrap_or_default().chars().filter(|c| !c.is_control()).take(100).collect();
    if source == "gitlab" { text.to_lowercase().trim_end_matches(" hook").replace(' ', "_") } else { text }
}
