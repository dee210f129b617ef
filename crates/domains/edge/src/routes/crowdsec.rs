//! `/api/crowdsec/*`: what is set up, whether it works. Secrets never leave.

use argos_crowdsec::LapiError;
use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, time};
use crate::actions::crowdsec::{Account, ConnectionChange, Half};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/crowdsec/status", "edge.get_crowdsec_status", "How the exchange with CrowdSec stands.", status)
        .reply::<CrowdSecView>()
        .put("/api/crowdsec/connection", "edge.put_crowdsec_connection", "Set up the exchange with CrowdSec.", put)
        .body::<ConnectionBody>()
        .reply::<CrowdSecView>()
        .post("/api/crowdsec/test", "edge.test_crowdsec", "Try the key and the account now.", test)
        .reply::<TestedView>()
        .post(
            "/api/crowdsec/regenerate-credentials",
            "edge.check_crowdsec_account",
            "Try the stored account and forget it when CrowdSec refuses it.",
            regenerate,
        )
        .reply::<AccountView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
pub(super) struct CrowdSecView {
    /// not_configured, connected, degraded (the account is refused or an attempt failed) or disconnected
    pub(super) state: &'static str,
    enabled: bool,
    pub(super) lapi_url: String,
    /// `__UNCHANGED__` = set, empty = not.
    bouncer_api_key: &'static str,
    machine_user: String,
    /// `__UNCHANGED__` = set, empty = not.
    machine_password: &'static str,
    /// Settings of the start configuration that cannot be changed here.
    locked: Vec<&'static str>,
    /// Whether the key is accepted; null = not tried, or nobody answers.
    pub(super) bouncer_ok: Option<bool>,
    pub(super) machine_ok: Option<bool>,
    /// When CrowdSec answered last.
    pub(super) last_heartbeat: Option<String>,
    pub(super) error: Option<String>,
    /// Decisions that last, whatever they do.
    decisions: i64,
    /// Whether the data plane turns banned addresses away.
    enforced: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConnectionBody {
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    lapi_url: Option<String>,
    /// Empty or `__UNCHANGED__` keeps it.
    #[serde(default)]
    bouncer_api_key: Option<String>,
    #[serde(default)]
    machine_user: Option<String>,
    /// Empty or `__UNCHANGED__` keeps it.
    #[serde(default)]
    machine_password: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct TestedView {
    lapi_url: String,
    bouncer: HalfView,
    machine: HalfView,
}

#[derive(Serialize, JsonSchema)]
struct HalfView {
    /// ok, missing or failed
    state: &'static str,
    /// crowdsec_unreachable, credentials_refused or lapi_error
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct AccountView {
    /// valid, purged or no_credentials
    status: &'static str,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine_user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_action: Option<&'static str>,
}

const KEYS: [(&str, &str); 4] = [
    ("crowdsec.lapi_url", "lapi_url"),
    ("crowdsec.bouncer_api_key", "bouncer_api_key"),
    ("crowdsec.machine_user", "machine_user"),
    ("crowdsec.machine_password_encrypted", "machine_password"),
];

fn mask(is_set: bool) -> &'static str {
    if is_set { "__UNCHANGED__" } else { "" }
}

pub(super) async fn view(edge: &Service) -> Result<CrowdSecView> {
    let settings = &edge.platform.settings;
    let (connection, exchange) = (edge.crowdsec_connection()?, edge.crowdsec_exchange().await?);
    let is_tried = exchange.heard_at.is_some() || exchange.failures > 0;
    let machine_ok = exchange.machine_ok.filter(|_| connection.account.is_some());
    let state = match (connection.is_wired(), exchange.failures) {
        (false, _) => "not_configured",
        (true, 3..) => "disconnected",
        (true, 1..) => "degraded",
        (true, _) if machine_ok == Some(false) || !is_tried => "degraded",
        (true, _) => "connected",
    };
    // While nobody answers it is unknown whether the key is accepted.
    let is_refused = exchange.error.as_deref() == Some(LapiError::Refused.to_string().as_str());
    let bouncer_ok = (connection.is_wired() && is_tried && (exchange.failures == 0 || is_refused)).then_some(!is_refused);
    let decisions = edge.count_bans().await?;
    let boot = settings.boot();
    Ok(CrowdSecView {
        state,
        enabled: connection.is_enabled,
        bouncer_api_key: mask(connection.key.is_some()),
        machine_user: settings.text("crowdsec.machine_user")?,
        machine_password: mask(settings.secret("crowdsec.machine_password_encrypted")?.is_some()),
        locked: KEYS.iter().filter(|(key, _)| boot.source(key).is_some()).map(|(_, name)| *name).collect(),
        bouncer_ok,
        machine_ok,
        last_heartbeat: exchange.heard_at.map(time),
        error: exchange.error,
        decisions,
        enforced: connection.is_wired() && edge.enforces_bans(),
        lapi_url: connection.url,
    })
}

async fn status(edge: Service, _: Req) -> Result<Reply> {
    Ok(Reply::json(&view(&edge).await?))
}

async fn put(edge: Service, mut req: Req) -> Result<Reply> {
    let body: ConnectionBody = req.json().await?;
    let change = ConnectionChange {
        enabled: body.enabled,
        lapi_url: body.lapi_url,
        bouncer_api_key: body.bouncer_api_key,
        machine_user: body.machine_user,
        machine_password: body.machine_password,
    };
    edge.put_crowdsec(&req.cx().actor(), change).await?;
    Ok(Reply::json(&view(&edge).await?))
}

fn half(half: Half) -> HalfView {
    match half {
        Half::Missing => HalfView { state: "missing", code: None, message: None },
        Half::Ok => HalfView { state: "ok", code: None, message: None },
        Half::Failed { code, message } => HalfView { state: "failed", code: Some(code), message: Some(message) },
    }
}

async fn test(edge: Service, _: Req) -> Result<Reply> {
    let tested = edge.test_crowdsec().await?;
    Ok(Reply::json(&TestedView { lapi_url: tested.url, bouncer: half(tested.bouncer), machine: half(tested.machine) }))
}

async fn regenerate(edge: Service, req: Req) -> Result<Reply> {
    let next = "cscli machines add argos --auto -f -";
    let view = match edge.check_crowdsec_account(&req.cx().actor()).await? {
        Account::Missing => AccountView {
            status: "no_credentials",
            message: "no machine credentials are stored",
            machine_user: None,
            next_action: Some(next),
        },
        Account::Valid(user) => AccountView {
            status: "valid",
            message: "CrowdSec accepts the machine credentials",
            machine_user: Some(user),
            next_action: None,
        },
        Account::Purged(user) => AccountView {
            status: "purged",
            message: "CrowdSec refused the machine credentials; they are forgotten",
            machine_user: Some(user),
            next_action: Some(next),
        },
        // Nothing is forgotten here, and nothing here can be used.
        Account::Given(user) => AccountView {
            status: "no_credentials",
            message: "CrowdSec refuses the machine credentials that the environment sets; change them there",
            machine_user: Some(user),
            next_action: Some(next),
        },
    };
    Ok(Reply::json(&view))
}
