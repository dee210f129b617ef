//! Looking before adding: what a NUT server offers, and whether a device as typed in answers. Nothing is stored.

use std::time::Duration;

use argos_kernel::{AppError, FieldError, Result};
use argos_nut::{Client, Limits, Target};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::Service;
use super::view::SnapshotView;
use crate::actions::discovery::{Found, device_body, look};
use crate::model::device::Poller;
use crate::model::input::{SecretChange, merge};
use crate::model::reading;

const HOSTS_MAX: usize = 1_024;
const AT_ONCE: usize = 32;
const LOOK: Limits = Limits { connect: Duration::from_secs(2), reply: Duration::from_secs(4) };

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .post("/api/devices/discover", "power.discover_devices", "What NUT servers offer; adds nothing.", discover)
        .body::<DiscoverBody>()
        .reply::<DiscoverView>()
        .post("/api/devices/test", "power.test_device", "Whether a device answers; stores nothing.", test)
        .reply::<TestView>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DiscoverBody {
    /// Host names or addresses; this machine when absent.
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct DiscoverView {
    found: Vec<FoundView>,
    hosts: Vec<HostView>,
}

#[derive(Serialize, JsonSchema)]
struct HostView {
    host: String,
    port: u16,
    ok: bool,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct FoundView {
    /// To be sent as it is to `POST /api/devices`.
    device: Map<String, Value>,
    ups_status: Option<String>,
    battery_percent: Option<f64>,
    model: Option<String>,
    /// The device is there already.
    known: bool,
}

async fn discover(power: Service, mut req: Req) -> Result<Reply> {
    let body: DiscoverBody = req.json().await?;
    let hosts = if body.hosts.is_empty() { vec!["localhost".to_owned()] } else { body.hosts };
    if hosts.len() > HOSTS_MAX || hosts.iter().any(|h| h.trim().is_empty() || h.len() > 253) {
        return Err(AppError::invalid(vec![FieldError::new("hosts", format!("1 to {HOSTS_MAX} host names or addresses"))]));
    }
    let target = |host: &String| Target {
        host: host.trim().to_owned(),
        port: body.port.unwrap_or(Poller::Nut.default_port()),
        username: body.username.clone().filter(|u| !u.is_empty()),
        password: body.password.clone().filter(|p| !p.is_empty()),
        limits: LOOK,
        ..Target::default()
    };
    let mut view = DiscoverView { found: Vec::new(), hosts: Vec::new() };
    for group in hosts.chunks(AT_ONCE) {
        let looking = group.iter().map(|host| {
            let target = target(host);
            async move {
                let found = look(&target).await;
                (target, found)
            }
        });
        for (target, outcome) in futures_util::future::join_all(looking).await {
            let error = outcome.as_ref().err().map(ToString::to_string);
            view.hosts.push(HostView { host: target.host.clone(), port: target.port, ok: error.is_none(), error });
            view.found.extend(outcome.unwrap_or_default().iter().map(|f| found_view(&power, &target, f)));
        }
    }
    Ok(Reply::json(&view))
}

fn found_view(power: &Service, target: &Target, f: &Found) -> FoundView {
    let device = device_body(target, f);
    let id = device.get("id").and_then(Value::as_str).unwrap_or_default();
    let known = power
        .lives()
        .values()
        .any(|l| l.device.id == id || (l.device.host == target.host && l.device.port == target.port && l.device.ups_name() == f.ups));
    FoundView {
        ups_status: f.variables.get("ups.status").cloned(),
        battery_percent: f.variables.get("battery.charge").and_then(|t| crate::model::snapshot::number(t)),
        model: reading::identity(&f.variables).model,
        device,
        known,
    }
}

#[derive(Serialize, JsonSchema)]
struct TestView {
    ok: bool,
    latency_ms: Option<u64>,
    profile: Option<&'static str>,
    snapshot: Option<SnapshotView>,
    error: Option<String>,
}

async fn test(power: Service, mut req: Req) -> Result<Reply> {
    let Value::Object(body) = req.json::<Value>().await? else {
        return Err(AppError::bad_request("A device must be an object.").code("invalid_body"));
    };
    let now = power.platform.clock.now();
    let stored = body.get("id").and_then(Value::as_str).and_then(|id| power.find_live(id)).map(|l| l.device);
    let wanted = merge(stored.as_ref(), &body, None, now, "manual")?;
    let device = wanted.device;
    if device.poller != Poller::Nut {
        return Err(AppError::invalid(vec![FieldError::new("poller", "only NUT devices can be tested")]));
    }
    let mut target = power.target_of(&device)?;
    target.limits = LOOK;
    for change in wanted.secrets {
        if let SecretChange::Set(_, Value::String(password)) = change {
            target.password = Some(password);
        }
    }
    let started = Instant::now();
    let reading = async {
        let mut client = Client::connect(&target).await?;
        let list = client.list_vars(device.ups_name()).await?;
        client.logout().await;
        Ok::<_, argos_nut::ClientError>(list.into_iter().collect::<reading::Variables>())
    };
    let view = match reading.await {
        Ok(variables) => {
            let snapshot = reading::snapshot(&device, &variables);
            let latency_ms = u64::try_from(started.elapsed().as_millis()).ok();
            let snapshot = SnapshotView::of(None, now, &device.id, device.kind, snapshot);
            TestView { ok: true, latency_ms, profile: Some("nut"), snapshot: Some(snapshot), error: None }
        }
        Err(error) => TestView { ok: false, latency_ms: None, profile: None, snapshot: None, error: Some(error.to_string()) },
    };
    Ok(Reply::json(&view))
}
