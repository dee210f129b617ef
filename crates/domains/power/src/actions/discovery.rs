//! What answers: the UPSes of the configured NUT server become devices; any other server is only looked at.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result};
use argos_nut::{Client, ClientError, Target};
use serde_json::{Map, Value, json};

use crate::model::device::Device;
use crate::model::input::merge;
use crate::model::reading;
use crate::service::Power;
use crate::store::{devices, dismissed};

/// A UPS somebody's NUT server offers.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) ups: String,
    pub(crate) description: Option<String>,
    pub(crate) variables: reading::Variables,
}

/// What a NUT server has.
pub(crate) async fn look(target: &Target) -> Result<Vec<Found>, ClientError> {
    let mut client = Client::connect(target).await?;
    let mut found = Vec::new();
    for ups in client.list_ups().await? {
        let variables = match client.list_vars(&ups.name).await {
            Ok(list) => list.into_iter().collect(),
            Err(e) if e.is_refusal() => reading::Variables::new(),
            Err(e) => return Err(e),
        };
        found.push(Found { ups: ups.name, description: ups.description, variables });
    }
    client.logout().await;
    Ok(found)
}

impl Power {
    /// The NUT server of the settings.
    pub(crate) fn settings_target(&self) -> Result<Target> {
        let s = self.settings();
        let username = s.opt_text("power.nut_username")?;
        Ok(Target {
            host: s.text("power.nut_host")?,
            port: u16::try_from(s.i64("power.nut_port")?).unwrap_or(3493),
            password: s.secret("power.nut_password")?.filter(|_| username.is_some()).map(argos_kernel::Secret::into_inner),
            username,
            ..Target::default()
        })
    }

    /// Adds the UPSes of the NUT server in the settings that are not there yet; how many are new.
    pub(crate) async fn discover(self: &Arc<Self>) -> Result<usize> {
        let s = self.settings();
        let target = self.settings_target()?;
        let wanted = if s.bool("power.nut_auto_discover")? { None } else { Some(s.list("power.nut_ups_name")?) };
        let found = match look(&target).await {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, server = ?target, "no NUT server answers");
                return Ok(0);
            }
        };
        let dismissed = dismissed::all(&self.platform.store.state).await?;
        let new: Vec<Found> = {
            let lives = self.lives();
            let known = |f: &Found| lives.values().any(|l| same(&l.device, &target, &f.ups));
            let unwanted = |f: &Found| dismissed.contains(&discovered_id(&f.ups, &target.host));
            found.into_iter().filter(|f| !unwanted(f)).filter(|f| wanted.as_ref().is_none_or(|w| w.contains(&f.ups)) && !known(f)).collect()
        };
        if new.is_empty() {
            return Ok(0);
        }
        let _turn = self.writing.lock().await;
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        let mut entries = Vec::new();
        for f in &new {
            let body = device_body(&target, f);
            let mut device = merge(None, &body, None, now, "discovered")?.device;
            if devices::find_in(&mut m, &device.id).await?.is_some() {
                continue;
            }
            if let Some(password) = &target.password {
                let secrets = json!({ "password": password }).to_string();
                device.secrets_enc = Some(self.platform.vault.seal(&Device::aad(&device.id), secrets.as_bytes())?);
            }
            devices::put(&mut m, &device).await?;
            let text = format!("UPS {} found on {}:{}", f.ups, target.host, target.port);
            entries.push(
                Entry::new("power_device.create", Category::Config).target("power_device", &device.id).describe(text).trigger("discovery"),
            );
        }
        let added = entries.len();
        if added > 0 {
            m.commit_all(entries).await?;
            self.reload().await?;
        }
        Ok(added)
    }
}

/// The id discovery gives a UPS.
pub(crate) fn discovered_id(ups: &str, host: &str) -> String {
    format!("nut:{ups}@{host}")
}

fn same(device: &Device, target: &Target, ups: &str) -> bool {
    device.poller == crate::model::device::Poller::Nut
        && device.ups_name() == ups
        && device.host == target.host
        && device.port == target.port
}

/// The body of a device for a UPS that was found.
pub(crate) fn device_body(target: &Target, f: &Found) -> Map<String, Value> {
    let identity = reading::identity(&f.variables);
    let name = f.description.clone().or(identity.model).unwrap_or_else(|| f.ups.clone());
    let name: String = name.chars().filter(|c| !c.is_control()).take(128).collect();
    let mut config = Map::new();
    config.insert("ups_name".to_owned(), json!(f.ups));
    if let Some(username) = &target.username {
        config.insert("username".to_owned(), json!(username));
    }
    let body = json!({
        "id": discovered_id(&f.ups, &target.host),
        "name": name,
        "type": reading::kind(&f.variables),
        "poller": "nut",
        "host": target.host,
        "port": target.port,
        "connection_config": config,
    });
    match body {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
