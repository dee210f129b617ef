//! Looking before adding: what answers on hosts of a list or a range, and whether a device as typed in answers. Nothing
//! is stored.

use std::time::Duration;

use argos_kernel::{AppError, FieldError, Result};
use argos_nut::{Client, Limits};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::Service;
use super::view::SnapshotView;
use crate::actions::search::{Hit, Miss, Wanted};
use crate::model::device::{Device, DeviceType, Poller};
use crate::model::input::{SecretChange, merge};
use crate::model::reading;
use crate::model::sample::Sample;
use crate::model::targets::{self, HOSTS_MAX};
use crate::workers::snmp::Tested;

const LOOK: Limits = Limits { connect: Duration::from_secs(2), reply: Duration::from_secs(4) };
const COMMUNITIES_MAX: usize = 16;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .post("/api/devices/discover", "power.discover_devices", "Search hosts for UPSes and PDUs; adds nothing.", discover)
        .body::<DiscoverBody>()
        .reply::<StartedView>()
        .get("/api/devices/discover/{job_id}", "power.discovery", "What a search has found so far.", progress)
        .reply::<DiscoverView>()
        .delete("/api/devices/discover/{job_id}", "power.cancel_discovery", "End a search.", cancel)
        .post("/api/devices/test", "power.test_device", "Whether a device answers; stores nothing.", test)
        .reply::<TestView>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DiscoverBody {
    /// Host names or private addresses; this machine when there is no range either.
    #[serde(default)]
    hosts: Vec<String>,
    /// A private IPv4 range, at most a /22.
    #[serde(default)]
    cidr: Option<String>,
    /// `nut`, `snmp`; both when absent.
    #[serde(default)]
    pollers: Vec<String>,
    /// SNMP communities to try; the one of the settings when absent. Never stored.
    #[serde(default)]
    communities: Vec<String>,
    /// Port of NUT servers.
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    snmp_port: Option<u16>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct StartedView {
    job_id: i64,
}

#[derive(Serialize, JsonSchema)]
struct DiscoverView {
    job_id: i64,
    /// `running`, `done` or `cancelled`.
    state: &'static str,
    done: usize,
    total: usize,
    found: Vec<FoundView>,
    /// What the hosts said that were named one by one.
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
    /// To be sent as it is to `POST /api/devices`; the community that was sent is to be added.
    device: Map<String, Value>,
    ups_status: Option<String>,
    battery_percent: Option<f64>,
    model: Option<String>,
    /// Index of the community it answered to; null for the one of the settings.
    community: Option<usize>,
    /// The device is there already.
    known: bool,
}

async fn discover(power: Service, mut req: Req) -> Result<Reply> {
    let body: DiscoverBody = req.json().await?;
    let mut faults = Vec::new();
    let named = body.cidr.as_deref().is_none_or(|c| c.trim().is_empty());
    let mut hosts = Vec::new();
    match body.cidr.as_deref().filter(|c| !c.trim().is_empty()).map(targets::range) {
        Some(Ok(range)) => hosts.extend(range),
        Some(Err(why)) => faults.push(FieldError::new("cidr", why)),
        None => {}
    }
    for host in &body.hosts {
        match targets::host(host) {
            Ok(host) => hosts.push(host),
            Err(why) => faults.push(FieldError::new("hosts", why)),
        }
    }
    if hosts.len() > HOSTS_MAX {
        faults.push(FieldError::new("hosts", format!("at most {HOSTS_MAX} hosts")));
    }
    if let Some(other) = body.pollers.iter().find(|p| !matches!(p.as_str(), "nut" | "snmp")) {
        faults.push(FieldError::new("pollers", format!("{other}: only nut and snmp can be searched for")));
    }
    if body.communities.len() > COMMUNITIES_MAX || body.communities.iter().any(|c| c.is_empty() || c.len() > 255) {
        faults.push(FieldError::new("communities", format!("at most {COMMUNITIES_MAX} texts of 1 to 255 characters")));
    }
    if !faults.is_empty() {
        return Err(AppError::invalid(faults));
    }
    if hosts.is_empty() {
        hosts.push("localhost".to_owned());
    }
    let looks_for = |poller: &str| body.pollers.is_empty() || body.pollers.iter().any(|p| p == poller);
    let wanted = Wanted {
        hosts,
        named,
        nut: looks_for("nut"),
        snmp: looks_for("snmp"),
        nut_port: body.port.unwrap_or(Poller::Nut.default_port()),
        snmp_port: body.snmp_port.unwrap_or(Poller::Snmp.default_port()),
        username: body.username.filter(|u| !u.is_empty()),
        password: body.password.filter(|p| !p.is_empty()),
        communities: body.communities,
    };
    let job_id = power.search(&req.cx().actor(), wanted).await?;
    Ok(Reply::json(&StartedView { job_id }).status(202))
}

async fn progress(power: Service, req: Req) -> Result<Reply> {
    let job_id: i64 = req.param_as("job_id")?;
    let p = power.search_progress(job_id)?;
    let found = |h: Hit| FoundView {
        known: power.is_known(&h.device),
        device: h.device,
        ups_status: h.ups_status,
        battery_percent: h.battery_percent,
        model: h.model,
        community: h.community,
    };
    let host = |m: Miss| HostView { host: m.host, port: m.port, ok: m.error.is_none(), error: m.error };
    Ok(Reply::json(&DiscoverView {
        job_id,
        state: p.state,
        done: p.done,
        total: p.total,
        found: p.hits.into_iter().map(found).collect(),
        hosts: p.misses.into_iter().map(host).collect(),
    }))
}

async fn cancel(power: Service, req: Req) -> Result<Reply> {
    power.cancel_search(&req.cx().actor(), req.param_as("job_id")?).await?;
    Ok(Reply::no_content())
}

#[derive(Serialize, JsonSchema)]
struct TestView {
    ok: bool,
    latency_ms: Option<u64>,
    profile: Option<&'static str>,
    /// What the device says it is.
    device_type: Option<DeviceType>,
    model: Option<String>,
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
    let secrets = changed(stored.as_ref().map_or_else(|| Ok(Map::new()), |d| power.secrets_of(d))?, &wanted.secrets);
    let started = Instant::now();
    let tested = match device.poller {
        Poller::Nut => test_nut(&power, &device, &secrets).await,
        Poller::Snmp => power.test_snmp(&device, &secrets, None).await,
        other => {
            let profile = other.as_str();
            power.test_meter(&device, &secrets).await.map(|sample| Tested { profile, sample })
        }
    };
    let view = match tested {
        Ok(tested) => {
            let snapshot = reading::of_sample(&device, &tested.sample);
            let latency_ms = u64::try_from(started.elapsed().as_millis()).ok();
            let snapshot = SnapshotView::of(None, now, &device.id, device.kind, snapshot);
            let device_type = tested.sample.variables.contains_key("device.type").then(|| reading::kind(&tested.sample.variables));
            let model = reading::identity(&tested.sample.variables).model;
            TestView { ok: true, latency_ms, profile: Some(tested.profile), device_type, model, snapshot: Some(snapshot), error: None }
        }
        Err(error) => {
            TestView { ok: false, latency_ms: None, profile: None, device_type: None, model: None, snapshot: None, error: Some(error) }
        }
    };
    Ok(Reply::json(&view))
}

/// The secrets as they would be with these changes.
fn changed(mut secrets: Map<String, Value>, changes: &[SecretChange]) -> Map<String, Value> {
    for change in changes {
        match change {
            SecretChange::Set(name, value) => drop(secrets.insert(name.clone(), value.clone())),
            SecretChange::Clear(name) => drop(secrets.remove(name)),
        }
    }
    secrets
}

async fn test_nut(power: &Service, device: &Device, secrets: &Map<String, Value>) -> Result<Tested, String> {
    let mut target = power.target_of(device).map_err(|e| e.message().to_owned())?;
    target.limits = LOOK;
    target.password = secrets.get("password").and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
    let reading = async {
        let mut client = Client::connect(&target).await?;
        let list = client.list_vars(device.ups_name()).await?;
        client.logout().await;
        Ok::<_, argos_nut::ClientError>(list.into_iter().collect::<reading::Variables>())
    };
    let variables = reading.await.map_err(|e| e.to_string())?;
    Ok(Tested { profile: "nut", sample: Sample::from_nut(variables, &[]) })
}
