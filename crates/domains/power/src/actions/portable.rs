//! Devices, tariffs and shutdown plans as a section of the configuration document. The secrets of a device go out sealed for this
//! installation; what was measured is no configuration and stays.

use std::sync::{Arc, Weak};

use argos_audit::{Mutation, PortableSection, SectionPlan};
use argos_kernel::{AppError, Result, Timestamp};
use argos_web::BoxFuture;
use serde_json::{Map, Value, json};

use crate::model::device::Device;
use crate::model::input::{SecretChange, id_of, merge};
use crate::model::tariff::Tariff;
use crate::service::Power;
use crate::store::{devices, plans, states, tariffs};

pub(super) const SEALED: &str = "ENC:";

/// The section. It does not keep the domain alive: the platform holds it, and the domain holds the platform.
pub(crate) struct PowerSection(Weak<Power>);

impl PowerSection {
    pub(crate) fn new(power: &Arc<Power>) -> Self {
        Self(Arc::downgrade(power))
    }
    fn power(&self) -> Result<Arc<Power>> {
        self.0.upgrade().ok_or_else(|| AppError::internal("the power domain has ended"))
    }
}

fn aad(id: &str) -> String {
    format!("power_devices.document:{id}")
}

/// What a person set up of a device.
fn document(device: &Device) -> Map<String, Value> {
    let d = device;
    let all = json!({
        "id": d.id, "name": d.name, "type": d.kind, "poller": d.poller, "host": d.host, "port": d.port, "enabled": d.enabled,
        "connection_config": d.connection_config, "model": d.model, "firmware": d.firmware, "serial": d.serial,
        "manufacturer": d.manufacturer, "tags": d.tags, "group": d.group, "location": d.location,
        "rated_power_watts": d.rated_power_watts, "nominal_power_factor": d.nominal_power_factor, "thresholds": d.thresholds,
        "poll_seconds": d.poll_seconds, "feeds": d.feeds,
    });
    let Value::Object(mut map) = all else { return Map::new() };
    map.retain(|_, v| !v.is_null());
    map
}

impl Power {
    fn device_document(&self, device: &Device) -> Result<Map<String, Value>> {
        let mut map = document(device);
        let secrets = self.secrets_of(device)?;
        if !secrets.is_empty() {
            let blob = self.platform.vault.seal(&aad(&device.id), Value::Object(secrets).to_string().as_bytes())?;
            map.insert("sealed".to_owned(), json!(format!("{SEALED}{blob}")));
        }
        Ok(map)
    }

    /// The secrets a document carries; `None` when another installation sealed them.
    fn opened(&self, id: &str, body: &Map<String, Value>) -> Option<Map<String, Value>> {
        let blob = body.get("sealed")?.as_str()?.strip_prefix(SEALED)?;
        let plain = self.platform.vault.try_open(&aad(id), blob).ok()?;
        serde_json::from_slice(plain.reveal()).ok()
    }

    async fn import_device(&self, change: &mut Mutation, body: &Map<String, Value>, index: usize, plan: &mut SectionPlan) -> Result<()> {
        let id = id_of(body).unwrap_or_default().to_owned();
        let before = devices::find_in(change, &id).await?;
        let mut wanted = match merge(before.as_ref(), body, Some(index), self.platform.clock.now(), "import") {
            Ok(wanted) => wanted,
            Err(e) => {
                plan.faults.push(format!("device {id}: {}", e.message()));
                return Ok(());
            }
        };
        let had = before.as_ref().map(|b| self.secrets_of(b)).transpose()?.unwrap_or_default();
        match self.opened(&id, body) {
            Some(secrets) if secrets != had => wanted.secrets.extend(secrets.into_iter().map(|(name, v)| SecretChange::Set(name, v))),
            Some(_) => {}
            None if body.contains_key("sealed") && wanted.secrets.is_empty() && had.is_empty() => {
                plan.warnings.push(format!("device {id}: its secrets were sealed by another installation; set them again"));
            }
            None => {}
        }
        let changed = !wanted.secrets.is_empty() || before.as_ref().is_none_or(|b| document(b) != document(&wanted.device));
        if !changed {
            plan.unchanged += 1;
            return Ok(());
        }
        let device = self.seal(wanted)?;
        devices::put(change, &device).await?;
        let place = if before.is_some() { &mut plan.updates } else { &mut plan.creates };
        place.push(format!("device {id}"));
        Ok(())
    }

    async fn import_tariff(&self, change: &mut Mutation, value: &Value, plan: &mut SectionPlan) -> Result<()> {
        let read = serde_json::from_value::<Tariff>(value.clone()).map_err(|e| e.to_string());
        let read = read.and_then(|t| t.check().map(|()| t).map_err(|e| e.message().to_owned()));
        let from = |t: &Tariff| t.valid_from.as_deref().map_or(Some(Timestamp::from_secs(0)), Timestamp::parse_rfc3339);
        let tariff = match read {
            Ok(tariff) => tariff,
            Err(fault) => {
                plan.faults.push(format!("tariff: {fault}"));
                return Ok(());
            }
        };
        let Some(at) = from(&tariff) else {
            plan.faults.push("tariff: valid_from must be a time".to_owned());
            return Ok(());
        };
        let stored = tariffs::list_in(change).await?.into_iter().find(|(from, _)| *from == at);
        let place = match stored {
            Some((_, stored)) if stored == tariff => {
                plan.unchanged += 1;
                return Ok(());
            }
            Some(_) => &mut plan.updates,
            None => &mut plan.creates,
        };
        place.push(format!("tariff from {}", at.rfc3339()));
        tariffs::put(change, at, &tariff, self.platform.clock.now()).await?;
        Ok(())
    }

    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let bad = |text: String| AppError::bad_request(text).code("invalid_document");
        let list = |name: &str| match wanted.get(name) {
            None => Ok(&[][..]),
            Some(Value::Array(items)) => Ok(items.as_slice()),
            Some(_) => Err(bad(format!("The section power: {name} must be a list"))),
        };
        if let Some(unknown) =
            wanted.as_object().and_then(|m| m.keys().find(|k| !["devices", "tariffs", "shutdown_plans"].contains(&k.as_str())))
        {
            return Err(bad(format!("The section power holds devices, tariffs and shutdown plans, not {unknown}")));
        }
        let mut plan = SectionPlan::default();
        let wanted_devices = list("devices")?;
        for (index, body) in wanted_devices.iter().enumerate() {
            let body = body.as_object().ok_or_else(|| bad("The section power: a device must be an object".to_owned()))?;
            self.import_device(change, body, index, &mut plan).await?;
        }
        for tariff in list("tariffs")? {
            self.import_tariff(change, tariff, &mut plan).await?;
        }
        let wanted_plans = list("shutdown_plans")?;
        if replace && wanted.get("shutdown_plans").is_some() {
            self.remove_unnamed_plans(change, wanted_plans, &mut plan).await?;
        }
        for body in wanted_plans {
            let body = body.as_object().ok_or_else(|| bad("The section power: a shutdown plan must be an object".to_owned()))?;
            self.import_plan(change, body, &mut plan).await?;
        }
        if replace {
            let named = |id: &str| wanted_devices.iter().any(|b| b.get("id").and_then(Value::as_str) == Some(id));
            for device in devices::list_in(change).await?.iter().filter(|d| !named(&d.id)) {
                devices::delete(change, &device.id).await?;
                states::delete(change, &device.id).await?;
                plan.removes.push(format!("device {}", device.id));
            }
        }
        Ok(plan)
    }
}

impl PortableSection for PowerSection {
    fn name(&self) -> &'static str {
        "power"
    }

    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async {
            let power = self.power()?;
            let state = &power.platform.store.state;
            let found = devices::list(state).await?.iter().map(|d| power.device_document(d)).collect::<Result<Vec<_>>>()?;
            let tariffs: Vec<Value> = tariffs::list(state).await?.into_iter().map(|(_, tariff)| json!(tariff)).collect();
            let stored = plans::list(state).await?;
            let plans = stored.iter().map(|(plan, _)| power.plan_document(plan)).collect::<Result<Vec<_>>>()?;
            Ok(json!({ "devices": found, "tariffs": tariffs, "shutdown_plans": plans }))
        })
    }

    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(async move { self.power()?.import_section(change, wanted, replace).await })
    }

    fn imported(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { self.power()?.follow_import().await })
    }
}

impl Power {
    /// What is remembered follows an import.
    async fn follow_import(self: &Arc<Self>) -> Result<()> {
        let _turn = self.writing.lock().await;
        self.reload().await?;
        self.pollers.set_prices(Arc::new(self.prices().await?));
        self.shutdown.kick.notify_one();
        Ok(())
    }
}
