//! The alert configuration (power spec C.4): scalars are settings, providers are channels of the notifier.

use std::sync::{Arc, PoisonError};

use argos_kernel::{Actor, AppError, FieldError, Result, Severity};
use argos_net::{Class, NetError};
use argos_notify::{OwnChannel, OwnTest, PowerPolicy};
use argos_settings::{Input, Write, registry};
use serde_json::{Map, Value};
use tokio::time::{Duration, Instant};

use crate::model::alert_provider::{address, fault, read, shown};
use crate::routes::severity_of;
use crate::service::Power;

/// Whose channels the providers are.
const ORIGIN: &str = "power";

/// Documented members and their settings.
const SCALARS: [(&str, &str); 9] = [
    ("failure_threshold", "power.alert.failure_threshold"),
    ("cooldown_seconds", "power.alert.cooldown_seconds"),
    ("alert_on_battery", "power.alert.on_battery"),
    ("alert_on_battery_low", "power.alert.on_battery_low"),
    ("alert_on_device_offline", "power.alert.on_device_offline"),
    ("alert_recovery_notifications", "power.alert.recovery_notifications"),
    ("recovery_cooldown_seconds", "power.alert.recovery_cooldown_seconds"),
    ("severity_map", "power.alert.severity_map"),
    ("group_window_seconds", "power.alert.group_window_seconds"),
];

impl Power {
    /// Lets the notifier ask for the settings of this part.
    pub(crate) fn share_policy(self: &Arc<Self>) {
        let own = Arc::downgrade(self);
        self.platform.notify.set_power_policy(Arc::new(move || own.upgrade().and_then(|p| p.alert_policy().ok()).unwrap_or_default()));
    }

    fn alert_policy(&self) -> Result<PowerPolicy> {
        let s = self.settings();
        let map = s.json("power.alert.severity_map")?;
        let graded = |(kind, word): (&String, &Value)| Some((kind.clone(), severity_of(word.as_str()?)?));
        let severities: std::collections::BTreeMap<String, Severity> = map.as_object().into_iter().flatten().filter_map(graded).collect();
        Ok(PowerPolicy {
            cooldown_s: s.i64("power.alert.cooldown_seconds")?,
            recovery_cooldown_s: s.i64("power.alert.recovery_cooldown_seconds")?,
            on_battery: s.bool("power.alert.on_battery")?,
            on_battery_low: s.bool("power.alert.on_battery_low")?,
            on_device_offline: s.bool("power.alert.on_device_offline")?,
            recoveries: s.bool("power.alert.recovery_notifications")?,
            severities,
        })
    }

    pub(crate) async fn alert_config(&self) -> Result<Map<String, Value>> {
        let mut out = Map::new();
        let providers: Vec<Value> = self.platform.notify.own_channels(ORIGIN).await?.iter().map(shown).collect();
        out.insert("providers".to_owned(), Value::Array(providers));
        for (member, key) in SCALARS {
            out.insert(member.to_owned(), self.settings().json(key)?);
        }
        Ok(out)
    }

    /// Judges everything, then writes. Absent members stay; `providers` replaces the list.
    pub(crate) async fn set_alert_config(&self, actor: &Actor, body: &Map<String, Value>) -> Result<()> {
        let mut faults = Vec::new();
        let mut writes = Vec::new();
        for (member, value) in body.iter().filter(|(name, v)| *name != "providers" && !v.is_null()) {
            match SCALARS.iter().find(|(name, _)| name == member) {
                None => {
                    let mut unknown = FieldError::new(member, format!("unknown member {member}"));
                    "extra_forbidden".clone_into(&mut unknown.kind);
                    faults.push(unknown);
                }
                Some((_, key)) => match self.judge_scalar(member, key, value) {
                    Ok(()) => writes.push(Write::json(*key, value.clone())),
                    Err(why) => faults.push(FieldError::new(member, why)),
                },
            }
        }
        let providers = match body.get("providers") {
            None | Some(Value::Null) => None,
            Some(Value::Array(list)) => Some(list),
            Some(_) => {
                faults.push(FieldError::new("providers", "providers must be a list"));
                None
            }
        };
        let mut wanted: Vec<OwnChannel> = Vec::new();
        for (index, input) in providers.into_iter().flatten().enumerate() {
            match read(index, input) {
                Ok(own) => {
                    faults.extend(self.judge_address(index, &own).await?);
                    wanted.push(own);
                }
                Err(why) => faults.push(why),
            }
        }
        if !faults.is_empty() {
            return Err(AppError::invalid(faults));
        }
        if providers.is_some() {
            let replaced = self.platform.notify.replace_own_channels(actor, ORIGIN, &wanted).await;
            replaced.map_err(|refused| match refused.error.kind() {
                argos_kernel::ErrorKind::BadRequest | argos_kernel::ErrorKind::Conflict => {
                    AppError::invalid(vec![fault(refused.index, "", refused.error.message())])
                }
                _ => refused.error,
            })?;
        }
        if !writes.is_empty() {
            self.settings().set_many(actor, &writes).await?;
        }
        if !writes.is_empty() || providers.is_some() {
            self.announce_change(actor, "alert configuration").await?;
        }
        Ok(())
    }

    fn judge_scalar(&self, member: &str, key: &str, value: &Value) -> Result<(), String> {
        let fits = match member {
            "severity_map" => match value.as_object() {
                Some(map) => map.values().all(|v| v.as_str().is_some_and(|word| severity_of(word).is_some())),
                None => false,
            },
            name if name.starts_with("alert_") => value.is_boolean(),
            _ => value.is_i64(),
        };
        if !fits {
            return Err("the value has the wrong type".to_owned());
        }
        let spec = registry().find(key).ok_or("unknown setting")?;
        self.settings().judge(spec, &Input::Json(value.clone())).map(drop)
    }

    /// Only https, and no address that is never reached; names are judged again each time something is sent.
    pub(crate) async fn judge_address(&self, index: usize, own: &OwnChannel) -> Result<Option<FieldError>> {
        let Some((member, url)) = address(own) else { return Ok(None) };
        let net = &self.platform.net;
        let open = self.settings().bool("power.alert.allow_insecure")? || net.policy().allow_private_targets;
        if !open && !url.to_ascii_lowercase().starts_with("https://") {
            return Ok(Some(fault(index, member, "only https targets are allowed")));
        }
        match net.check_url(Class::Notify, url, &[]).await {
            Err(NetError::Blocked(why)) if !open && is_literal(url) => Ok(Some(fault(index, member, why.to_string()))),
            Err(NetError::InvalidUrl) => Ok(Some(fault(index, member, "url is not an address"))),
            // A name may be unknown today; one that leads astray shows in the history of deliveries.
            _ => Ok(None),
        }
    }

    /// Tries the providers out; not more often than the setting allows.
    pub(crate) async fn test_alerts(&self, actor: &Actor, only: Option<i64>) -> Result<Vec<OwnTest>> {
        let pause = u64::try_from(self.settings().i64("power.alert.test_cooldown_seconds")?).unwrap_or(0);
        {
            let mut last = self.alert_tested.lock().unwrap_or_else(PoisonError::into_inner);
            let left = last.map_or(0, |at: Instant| pause.saturating_sub(at.elapsed().as_secs()));
            if left > 0 && last.is_some_and(|at| at.elapsed() < Duration::from_secs(pause)) {
                return Err(AppError::rate_limited(format!("Test alert cooldown active. Try again in {left} seconds."), left));
            }
            *last = Some(Instant::now());
        }
        self.platform.notify.test_own_channels(actor, ORIGIN, only).await
    }
}

/// Whether the host of an address is an address itself, or this machine.
fn is_literal(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|h| h.split(']').next()).unwrap_or_else(|| host.split(':').next().unwrap_or_default());
    bare.parse::<std::net::IpAddr>().is_ok() || bare.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_addresses_are_known() {
        for url in ["http://127.0.0.1/x", "https://u:p@[::1]:8443/", "https://localhost:1", "https://10.0.0.1?a"] {
            assert!(is_literal(url), "{url}");
        }
        for url in ["https://example.org", "https://127.0.0.1.example.org", ""] {
            assert!(!is_literal(url), "{url}");
        }
    }
}
