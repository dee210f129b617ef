//! The runtime configuration: a view of the settings `power.*` under their documented member names.

use argos_kernel::{AppError, FieldError, Result};
use argos_settings::{Input, Write, registry};
use argos_web::{Reply, Req, Routes};
use serde_json::{Map, Value};

use super::Service;

/// Documented members, in their documented order.
const MEMBERS: [&str; 20] = [
    "poll_interval_minutes",
    "enabled_exporters",
    "scanning_disabled",
    "scheduler_paused",
    "nut_host",
    "nut_port",
    "nut_username",
    "nut_password",
    "nut_ups_name",
    "nut_auto_discover",
    "device_offline_missed_polls",
    "shutdown_battery_floor_pct",
    "threshold_load_percent",
    "threshold_temp_celsius",
    "status_poll_seconds",
    "battery_low_percent",
    "energy_rate_per_kwh",
    "currency",
    "energy_max_gap_seconds",
    "offline_grace_seconds",
];
const PASSWORD: &str = "nut_password";

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/config", "power.get_config", "The runtime configuration.", get)
        .reply::<Map<String, Value>>()
        .put("/api/config", "power.update_config", "Change members of the runtime configuration; absent ones stay.", put)
        .body::<Map<String, Value>>()
        .reply::<Map<String, Value>>()
        .done()
}

fn view(power: &Service) -> Result<Map<String, Value>> {
    let s = power.settings();
    let mut out = Map::new();
    for member in MEMBERS {
        let key = format!("power.{member}");
        let value = match member {
            PASSWORD => Value::String(String::new()),
            "nut_ups_name" => Value::String(s.list(&key)?.join(",")),
            "nut_username" => Value::String(s.text(&key)?),
            _ => s.json(&key)?,
        };
        out.insert(member.to_owned(), value);
    }
    Ok(out)
}

async fn get(power: Service, _: Req) -> Result<Reply> {
    Ok(Reply::json(&view(&power)?))
}

async fn put(power: Service, mut req: Req) -> Result<Reply> {
    let Value::Object(body) = req.json::<Value>().await? else {
        return Err(AppError::bad_request("An object is expected.").code("invalid_body"));
    };
    let mut faults = Vec::new();
    let mut writes = Vec::new();
    for (member, value) in body.iter().filter(|(_, v)| !v.is_null()) {
        if !MEMBERS.contains(&member.as_str()) {
            let mut fault = FieldError::new(member, format!("unknown member {member}"));
            "extra_forbidden".clone_into(&mut fault.kind);
            faults.push(fault);
            continue;
        }
        if member == PASSWORD && value == "" {
            continue;
        }
        let key = format!("power.{member}");
        let input = if value == "" { Input::Clear } else { Input::Json(value.clone()) };
        let Some(spec) = registry().find(&key) else { continue };
        if let Err(why) = judged(&power, spec, &input, value) {
            faults.push(FieldError::new(member, why));
        }
        writes.push(Write::new(key, input));
    }
    if !faults.is_empty() {
        return Err(AppError::invalid(faults));
    }
    let actor = req.cx().actor();
    power.settings().set_many(&actor, &writes).await?;
    if !writes.is_empty() {
        power.announce_change(&actor, "configuration").await?;
    }
    Ok(Reply::json(&view(&power)?))
}

/// The rule of the setting, and that numbers and switches come as such: this contract knows no `"5"`.
fn judged(power: &Service, spec: &'static argos_settings::Spec, input: &Input, value: &Value) -> Result<(), String> {
    use argos_settings::Kind;
    let fits = match spec.kind {
        Kind::Int => value.is_i64(),
        Kind::Num => value.is_number(),
        Kind::Bool => value.is_boolean(),
        Kind::Set => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        _ => value.is_string(),
    };
    if !fits {
        return Err("the value has the wrong type".to_owned());
    }
    if let Some(list) = value.as_array()
        && (1..list.len()).any(|i| list.get(i..).is_some_and(|rest| rest.contains(&list[i - 1])))
    {
        return Err("a value stands twice in the list".to_owned());
    }
    power.settings().judge(spec, input).map(drop)
}
