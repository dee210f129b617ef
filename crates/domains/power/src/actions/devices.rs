//! Creating, changing, replacing and removing devices. Secrets are sealed for their device's id.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, FieldError, Result, Secret, Timestamp};
use argos_store::Tx;
use serde_json::{Map, Value, json};

use super::discovery::discovered_id;
use super::observe::config_event;
use crate::model::device::{Device, Poller};
use crate::model::input::{SecretChange, Wanted, id_of, merge};
use crate::service::Power;
use crate::store::{devices, dismissed, energy, outages, outlets, phases, snapshots, states};

/// Most devices there may be.
const DEVICES_MAX: usize = 1_000;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Device not found.").code("device_not_found")
}

fn entry(verb: &str, device: &Device) -> Entry {
    let after = json!({ "id": device.id, "name": device.name, "poller": device.poller, "host": device.host, "port": device.port,
        "enabled": device.enabled, "connection_config": device.connection_config });
    let entry = Entry::new(format!("power_device.{verb}"), Category::Config).target("power_device", &device.id);
    entry.describe(format!("UPS device {} ({}): {verb}", device.name, device.id)).after(after)
}

impl Power {
    /// The secret members of a device, opened.
    pub(crate) fn secrets_of(&self, device: &Device) -> Result<Map<String, Value>> {
        let Some(blob) = &device.secrets_enc else { return Ok(Map::new()) };
        let text = self.platform.vault.open_text(&Device::aad(&device.id), blob)?;
        serde_json::from_str(text.reveal()).map_err(AppError::internal)
    }

    pub(crate) fn secret(&self, device: &Device, member: &str) -> Result<Option<Secret<String>>> {
        let value = self.secrets_of(device)?.get(member).and_then(Value::as_str).map(str::to_owned);
        Ok(value.filter(|t| !t.is_empty()).map(Secret::new))
    }

    pub(super) fn seal(&self, wanted: Wanted) -> Result<Device> {
        let mut device = wanted.device;
        if wanted.secrets.is_empty() {
            return Ok(device);
        }
        let mut secrets = self.secrets_of(&device)?;
        for change in wanted.secrets {
            match change {
                SecretChange::Set(name, value) => drop(secrets.insert(name, value)),
                SecretChange::Clear(name) => drop(secrets.remove(&name)),
            }
        }
        let sealed = || self.platform.vault.seal(&Device::aad(&device.id), Value::Object(secrets.clone()).to_string().as_bytes());
        device.secrets_enc = if secrets.is_empty() { None } else { Some(sealed()?) };
        Ok(device)
    }

    pub(crate) async fn create_device(self: &Arc<Self>, actor: &Actor, body: &Map<String, Value>) -> Result<Device> {
        let _turn = self.writing.lock().await;
        let device = self.seal(merge(None, body, None, self.platform.clock.now(), "manual")?)?;
        let mut m = self.platform.audit.begin(actor).await?;
        if devices::find_in(&mut m, &device.id).await?.is_some() {
            let text = format!("Device '{}' already exists. Use PUT to update.", device.id);
            return Err(AppError::conflict(text).code("device_exists").with("field", "id"));
        }
        room_for_more(&mut m).await?;
        welcome(&mut m, &device).await?;
        devices::put(&mut m, &device).await?;
        self.tell_change(&mut m, actor, "added", &device).await?;
        m.commit(entry("create", &device)).await?;
        self.reload().await?;
        Ok(device)
    }

    pub(crate) async fn update_device(self: &Arc<Self>, actor: &Actor, id: &str, body: &Map<String, Value>) -> Result<Device> {
        let _turn = self.writing.lock().await;
        let mut m = self.platform.audit.begin(actor).await?;
        if id_of(body).is_some_and(|given| given != id) {
            return Err(AppError::bad_request("Device id in body does not match the path.").code("id_mismatch").with("field", "id"));
        }
        let stored = devices::find_in(&mut m, id).await?.ok_or_else(not_found)?;
        let device = self.seal(merge(Some(&stored), body, None, self.platform.clock.now(), "manual")?)?;
        devices::put(&mut m, &device).await?;
        self.tell_change(&mut m, actor, "changed", &device).await?;
        m.commit(entry("update", &device)).await?;
        self.reload().await?;
        Ok(device)
    }

    /// Removes a device; its history stays unless `purge`.
    /// `force`: shutdown plans that use it are disarmed; otherwise they keep it.
    pub(crate) async fn remove_device(self: &Arc<Self>, actor: &Actor, id: &str, purge: bool, force: bool) -> Result<()> {
        let _turn = self.writing.lock().await;
        self.flush_energy().await?;
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(actor).await?;
        let device = devices::find_in(&mut m, id).await?.ok_or_else(not_found)?;
        let disarmed = self.release_from_plans(&mut m, &[id], force).await?;
        self.forget_device(&mut m, &device, now).await?;
        if purge {
            energy::clear(&mut m, id).await?;
        }
        self.tell_change(&mut m, actor, "removed", &device).await?;
        m.commit(entry("delete", &device).before(json!({ "disarmed_plans": disarmed }))).await?;
        if purge {
            snapshots::forget(&self.platform.store.telemetry, id).await?;
            phases::forget(&self.platform.store.telemetry, id).await?;
        }
        self.reload().await
    }

    /// Takes a device out of the tables, and ends its outage: nobody will tell how it went on.
    async fn forget_device(&self, tx: &mut Tx, device: &Device, now: Timestamp) -> Result<()> {
        devices::delete(tx, &device.id).await?;
        dismiss(tx, device, now).await?;
        states::delete(tx, &device.id).await?;
        outlets::delete(tx, &device.id).await?;
        let state = self.find_live(&device.id).map(|l| l.state).unwrap_or_default();
        if let Some((outage, id)) = state.outage.and_then(|o| Some((o.clone(), o.id?))) {
            let (min_runtime_seconds, max_load) = (outage.min_runtime_seconds, outage.max_load);
            let end = outages::End { at: now, battery: state.battery_percent, min_runtime_seconds, max_load, by: "device_lost" };
            outages::close(tx, id, end).await?;
        }
        Ok(())
    }

    /// The event that somebody added, changed or removed a device.
    async fn tell_change(&self, tx: &mut Tx, actor: &Actor, verb: &str, device: &Device) -> Result<()> {
        let event = config_event(actor, &format!("device {}", device.name), verb);
        self.platform.events.publish(tx, event.subject("power_device", &device.id, &device.name)).await?;
        Ok(())
    }

    /// Makes the given devices the only ones, or changes nothing.
    pub(crate) async fn replace_devices(self: &Arc<Self>, actor: &Actor, bodies: &[Value]) -> Result<Vec<Device>> {
        let _turn = self.writing.lock().await;
        if bodies.len() > DEVICES_MAX {
            return Err(AppError::invalid(vec![FieldError::new("", format!("at most {DEVICES_MAX} devices"))]));
        }
        self.flush_energy().await?;
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(actor).await?;
        let stored = devices::list_in(&mut m).await?;
        let mut wanted: Vec<Device> = Vec::with_capacity(bodies.len());
        for (index, body) in bodies.iter().enumerate() {
            let at = |text: &str| {
                let mut fault = FieldError::new("id", text);
                fault.loc = vec!["body".to_owned(), index.to_string(), "id".to_owned()];
                AppError::invalid(vec![fault])
            };
            let body = body.as_object().ok_or_else(|| at("a device must be an object"))?;
            let before = id_of(body).and_then(|id| stored.iter().find(|d| d.id == id));
            let device = self.seal(merge(before, body, Some(index), now, "manual")?)?;
            if wanted.iter().any(|d| d.id == device.id) {
                return Err(at(&format!("the id {} stands twice in the list", device.id)));
            }
            wanted.push(device);
        }
        let ids: Vec<String> = wanted.iter().map(|d| d.id.clone()).collect();
        self.plan_devices_gone(&mut m, &ids).await?;
        let gone: Vec<&Device> = stored.iter().filter(|d| !wanted.iter().any(|w| w.id == d.id)).collect();
        for device in &gone {
            self.forget_device(&mut m, device, now).await?;
            self.tell_change(&mut m, actor, "removed", device).await?;
        }
        for device in &wanted {
            welcome(&mut m, device).await?;
            devices::put(&mut m, device).await?;
            let before = stored.iter().find(|d| d.id == device.id);
            if before.is_none_or(|b| Device { updated_at: b.updated_at, ..device.clone() } != *b) {
                self.tell_change(&mut m, actor, if before.is_some() { "changed" } else { "added" }, device).await?;
            }
        }
        let ids = |list: &[&Device]| list.iter().map(|d| d.id.clone()).collect::<Vec<_>>();
        let after = json!({ "devices": ids(&wanted.iter().collect::<Vec<_>>()), "removed": ids(&gone) });
        let text = format!("All UPS devices replaced: {} now, {} removed", wanted.len(), gone.len());
        m.commit(Entry::new("power_device.replace", Category::Config).describe(text).after(after)).await?;
        self.reload().await?;
        wanted.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(wanted)
    }
}

/// A removed UPS stays away, although its NUT server still offers it.
async fn dismiss(tx: &mut Tx, device: &Device, now: Timestamp) -> Result<()> {
    if device.poller == Poller::Nut {
        dismissed::put(tx, &discovered_id(device.ups_name(), &device.host), now).await?;
    }
    Ok(())
}

/// Adding it by hand takes that back.
async fn welcome(tx: &mut Tx, device: &Device) -> Result<()> {
    if device.poller == Poller::Nut {
        dismissed::delete(tx, &discovered_id(device.ups_name(), &device.host)).await?;
    }
    Ok(())
}

async fn room_for_more(tx: &mut Tx) -> Result<()> {
    if devices::list_in(tx).await?.len() >= DEVICES_MAX {
        return Err(AppError::conflict(format!("at most {DEVICES_MAX} devices")).code("too_many_devices"));
    }
    Ok(())
}
