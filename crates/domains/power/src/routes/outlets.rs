//! Outlets and phases of a device: seen by everybody who sees the device, switched by who may control it.

use argos_kernel::{AppError, FieldError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, may_read, time};
use crate::actions::devices::not_found;
use crate::actions::outlets::DELAY_MAX_S;
use crate::model::exposition::Exposition;
use crate::model::outlet::{OutletState, Phase, Switch, is_outlet_id};
use crate::service::Live;
use crate::store::phases;

/// Most rows of a history.
const ROWS_MAX: i64 = 10_000;
const LABEL_MAX: usize = 128;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/devices/{device_id}/outlets", "power.list_outlets", "The outlets of a device.", list)
        .reply::<Vec<OutletView>>()
        .put("/api/devices/{device_id}/outlets/{outlet}", "power.update_outlet", "Name an outlet or protect it.", update)
        .body::<MarkBody>()
        .reply::<OutletView>()
        .post(
            "/api/devices/{device_id}/outlets/{outlet}/toggle",
            "power.switch_outlet",
            "Switch an outlet over, on, off or off and on again; confirmed by reading it again.",
            switch,
        )
        .body::<SwitchBody>()
        .reply::<OutletView>()
        .get("/api/devices/{device_id}/phases", "power.list_phases", "The phases of a device, and their past.", list_phases)
        .reply::<PhasesView>()
        .param("from", "RFC 3339; without it only the present")
        .param("to", "RFC 3339")
        .done()
}

#[derive(Serialize, JsonSchema)]
struct OutletView {
    /// The device's own index, as the path wants it.
    outlet: String,
    /// What the device calls it.
    name: Option<String>,
    /// What people call it.
    label: Option<String>,
    state: OutletState,
    current_amps: Option<f64>,
    power_watts: Option<f64>,
    /// The device's own counter.
    energy_kwh: Option<f64>,
    /// What was metered here since metering began; null when the outlet measures nothing.
    kwh_total: Option<f64>,
    cost_total: Option<f64>,
    switchable: bool,
    /// It is never switched.
    protected: bool,
    updated_at: Option<String>,
    /// The job that switches it later, in the answer that ordered it.
    job_id: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MarkBody {
    protected: Option<bool>,
    /// Null clears it; absent keeps it.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    label: Option<Option<String>>,
}

fn present<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(d).map(Some)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SwitchBody {
    /// Absent: the other state than now.
    state: Option<Switch>,
    /// Seconds to wait first.
    delay_seconds: Option<i64>,
    /// The device's id.
    confirm: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct PhasesView {
    timestamp: Option<String>,
    phases: Vec<Phase>,
    history: Vec<PhaseRow>,
}

#[derive(Serialize, JsonSchema)]
struct PhaseRow {
    timestamp: String,
    #[serde(flatten)]
    phase: Phase,
}

fn views(live: &Live) -> Vec<OutletView> {
    let seen = live.outlets_at.map(Timestamp::rfc3339);
    let view = |o: &crate::model::outlet::Outlet| {
        let mark = live.marks.get(&o.id).cloned().unwrap_or_default();
        OutletView {
            outlet: o.id.clone(),
            name: o.name.clone(),
            label: mark.label,
            state: o.state,
            current_amps: o.current_amps,
            power_watts: o.power_watts,
            energy_kwh: o.energy_kwh,
            kwh_total: live.outlet_energy.get(&o.id).map(|m| m.total.kwh),
            cost_total: live.outlet_energy.get(&o.id).map(|m| m.total.cost),
            switchable: o.switchable,
            protected: mark.protected,
            updated_at: seen.clone(),
            job_id: None,
        }
    };
    live.outlets.iter().map(view).collect()
}

fn one(power: &Service, id: &str, outlet: &str) -> Result<OutletView> {
    let live = power.find_live(id).ok_or_else(not_found)?;
    let found = views(&live).into_iter().find(|v| v.outlet == outlet);
    found.ok_or_else(|| AppError::not_found("The device has no such outlet.").code("outlet_not_found"))
}

async fn list(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let live = power.find_live(req.param("device_id")).ok_or_else(not_found)?;
    Ok(Reply::json(&views(&live)))
}

fn ids(req: &Req) -> Result<(String, String)> {
    let (id, outlet) = (req.param("device_id").to_owned(), req.param("outlet").to_owned());
    if !is_outlet_id(&outlet) {
        return Err(AppError::not_found("The device has no such outlet.").code("outlet_not_found"));
    }
    Ok((id, outlet))
}

async fn update(power: Service, mut req: Req) -> Result<Reply> {
    let body: MarkBody = req.json().await?;
    let (id, outlet) = ids(&req)?;
    let label = body.label.map(|l| l.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()));
    if label.iter().flatten().any(|t| t.chars().count() > LABEL_MAX || t.chars().any(char::is_control)) {
        return Err(AppError::invalid(vec![FieldError::new("label", format!("label must be at most {LABEL_MAX} characters"))]));
    }
    let change = |mark: &mut crate::store::outlets::Mark| {
        mark.protected = body.protected.unwrap_or(mark.protected);
        if let Some(label) = label {
            mark.label = label;
        }
    };
    power.mark_outlet(&req.cx().actor(), &id, &outlet, change).await?;
    Ok(Reply::json(&one(&power, &id, &outlet)?))
}

async fn switch(power: Service, mut req: Req) -> Result<Reply> {
    let body: SwitchBody = req.json().await?;
    let (id, outlet) = ids(&req)?;
    if body.confirm.as_deref() != Some(id.as_str()) {
        let text = "switching can take power from what hangs on the outlet; confirm must be the device's id";
        return Err(AppError::invalid(vec![FieldError::new("confirm", text)]));
    }
    let delay = body.delay_seconds.unwrap_or(0);
    if !(0..=DELAY_MAX_S).contains(&delay) {
        return Err(AppError::invalid(vec![FieldError::new("delay_seconds", format!("delay_seconds must be 0 to {DELAY_MAX_S}"))]));
    }
    let wanted = match body.state {
        Some(wanted) => wanted,
        None => power.opposite(&id, &outlet)?,
    };
    let actor = req.cx().actor();
    if delay > 0 {
        let job = power.switch_later(&actor, &id, &outlet, wanted, delay).await?;
        return Ok(Reply::json(&OutletView { job_id: Some(job), ..one(&power, &id, &outlet)? }));
    }
    power.switch_outlet(&actor, &id, &outlet, wanted).await?;
    Ok(Reply::json(&one(&power, &id, &outlet)?))
}

async fn list_phases(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let id = req.param("device_id");
    let live = power.find_live(id).ok_or_else(not_found)?;
    let history = match time(req.query(), "from")? {
        None => Vec::new(),
        Some(from) => {
            let to = time(req.query(), "to")?.unwrap_or_else(|| power.platform.clock.now());
            phases::list(&power.platform.store.telemetry, id, from, to, ROWS_MAX).await?
        }
    };
    let row = |(at, phase): (Timestamp, Phase)| PhaseRow { timestamp: at.rfc3339(), phase };
    Ok(Reply::json(&PhasesView {
        timestamp: live.latest.as_ref().filter(|_| !live.phases.is_empty()).map(|(at, _)| at.rfc3339()),
        phases: live.phases.as_ref().clone(),
        history: history.into_iter().map(row).collect(),
    }))
}

/// The outlets in the exposition for Prometheus.
pub(super) fn expose(out: &mut Exposition, lives: &[&Live]) {
    out.family("argus_outlet_load_watts", "gauge", "Power drawn through an outlet");
    for live in lives {
        for outlet in live.outlets.iter() {
            if let Some(watts) = outlet.power_watts {
                out.sample("argus_outlet_load_watts", &[("device_id", &live.device.id), ("outlet", &outlet.id)], watts);
            }
        }
    }
    out.family("argus_outlet_state", "gauge", "1 when an outlet is on, 0 when it is off");
    for live in lives {
        for outlet in live.outlets.iter().filter(|o| o.state != OutletState::Unknown) {
            let on = f64::from(u8::from(outlet.state == OutletState::On));
            out.sample("argus_outlet_state", &[("device_id", &live.device.id), ("outlet", &outlet.id)], on);
        }
    }
}
