//! What our own NUT server shows and takes: every UPS and PDU under a name of its own, whatever it is read with. A
//! forced shutdown stays until the mains are back and somebody clears it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, CredentialKind, Result, Severity};
use argos_nut::{Directory, ErrorToken, Right, Served};
use serde_json::json;

use super::devices::not_found;
use crate::model::device::DeviceType;
use crate::model::nut_users::NutUsers;
use crate::service::{Live, Power};
use crate::store::states;

/// Data of a device that fails to answer is served for this long.
const FRESH_S: i64 = 15;

/// What NAS boxes ask for, and as whom. Everybody knows this password, so it lets nobody do more than wait for a shutdown.
pub(crate) const NAS_UPS: &str = "ups";
const NAS_USER: (&str, &str) = ("monuser", "secret");

/// Clients that hold a login: UPS name and address by connection.
pub(crate) type Logins = BTreeMap<u64, (String, String)>;

/// A device under the name it is served by.
pub(crate) struct ServedName {
    pub(crate) ups: String,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The view of one connection.
pub(crate) struct Facade<'a> {
    pub(crate) power: &'a Power,
    pub(crate) users: &'a NutUsers,
    pub(crate) logins: Logins,
}

/// The name a device is served under: lower case, other characters as dashes.
pub(crate) fn slug(name: &str) -> String {
    let dashed: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let joined = dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let cut: String = joined.chars().take(60).collect();
    if cut.is_empty() { "ups".to_owned() } else { cut }
}

impl Power {
    /// The devices as the server shows them; two of one name get a number behind it. Asked for by every request of every
    /// client, so no more is copied than names.
    pub(crate) fn served(&self) -> Vec<ServedName> {
        let mut out: Vec<ServedName> = Vec::new();
        let mut taken = HashSet::new();
        let nas = self.nas_device();
        let lives = self.lives();
        let entry = |ups: String, live: &Live| ServedName { ups, id: live.device.id.clone(), name: live.device.name.clone() };
        if let Some(live) = nas.and_then(|id| lives.get(&id)) {
            taken.insert(NAS_UPS.to_owned());
            out.push(entry(NAS_UPS.to_owned(), live));
        }
        for live in lives.values().filter(|l| matches!(l.device.kind, DeviceType::Ups | DeviceType::Pdu)) {
            let base = slug(&live.device.name);
            let numbered = (2..).map(|n| format!("{base}-{n}"));
            let ups = std::iter::once(base.clone()).chain(numbered).find(|n| !taken.contains(n)).unwrap_or(base);
            taken.insert(ups.clone());
            out.push(entry(ups, live));
        }
        out
    }

    pub(crate) fn find_served(&self, ups: &str) -> Option<Live> {
        let id = self.served().into_iter().find(|s| s.ups == ups)?.id;
        self.find_live(&id)
    }

    /// The device NAS boxes find under their usual name, when one is chosen.
    pub(crate) fn nas_device(&self) -> Option<String> {
        self.settings().opt_text("nut_server.nas_device").ok().flatten().filter(|id| !id.trim().is_empty())
    }

    /// Latches a forced shutdown: from now on everybody sees `FSD`.
    pub(crate) async fn force_shutdown(self: &Arc<Self>, ups: &str, user: &str, ip: &str) -> Result<()> {
        let _turn = self.remembering.lock().await;
        let live = self.find_served(ups).ok_or_else(not_found)?;
        let actor = facade_actor(user, ip);
        let mut state = live.state.clone();
        state.forced = true;
        state.shutdown_latched = true;
        let device = &live.device;
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(&actor).await?;
        states::put(&mut m, &device.id, &state, now).await?;
        for (kind, text, data) in [
            ("power.fsd", format!("{} was ordered to shut down by {user}", device.name), json!({ "flag": "FSD", "actor": actor.name })),
            (
                "power.shutdown_initiated",
                format!("{}: everything on it shuts down", device.name),
                json!({ "battery_percent": state.battery_percent, "trigger": "facade_fsd" }),
            ),
        ] {
            let event = NewEvent::new(Source::Power, kind, text).subject("power_device", &device.id, &device.name).actor(&actor).data(data);
            self.platform.events.publish(&mut m, event).await?;
        }
        let entry = Entry::new("power_device.fsd", Category::Safety).target("power_device", &device.id).severity(Severity::Critical);
        m.commit(entry.describe(format!("Forced shutdown of what hangs on {}", device.name))).await?;
        if let Some(live) = self.lives().get_mut(&device.id) {
            live.state.forced = true;
            live.state.shutdown_latched = true;
        }
        self.changed();
        Ok(())
    }

    /// Ends a forced shutdown; refused while the UPS runs on its battery.
    pub(crate) async fn clear_forced_shutdown(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<()> {
        let _turn = self.remembering.lock().await;
        let live = self.find_live(id).ok_or_else(not_found)?;
        if live.state.on_battery {
            return Err(AppError::conflict("The mains are not back yet.").code("on_battery"));
        }
        let mut state = live.state.clone();
        state.forced = false;
        let mut m = self.platform.audit.begin(actor).await?;
        states::put(&mut m, id, &state, self.platform.clock.now()).await?;
        let told = NewEvent::new(Source::Power, "power.shutdown_cleared", format!("{}: the forced shutdown is over", live.device.name));
        let told = told.subject("power_device", id, &live.device.name).actor(actor).data(json!({ "actor": actor.name }));
        self.platform.events.publish(&mut m, told).await?;
        let entry = Entry::new("power_device.fsd_clear", Category::Safety).target("power_device", id).severity(Severity::Warning);
        m.commit(entry.describe(format!("Forced shutdown of {} cleared", live.device.name))).await?;
        if let Some(live) = self.lives().get_mut(id) {
            live.state.forced = false;
        }
        self.changed();
        Ok(())
    }
}

pub(crate) fn facade_actor(user: &str, ip: &str) -> Actor {
    Actor { name: format!("nut:{user}"), credential: CredentialKind::System, ip: Some(ip.to_owned()), ..Actor::system() }
}

impl Facade<'_> {
    fn live(&self, ups: &str) -> Result<Live, ErrorToken> {
        let live = self.power.find_served(ups).ok_or(ErrorToken::UnknownUps)?;
        let now = self.power.shutdown.now();
        match live.state.last_success.filter(|_| live.device.enabled && live.latest.is_some() && live.polled) {
            None => Err(ErrorToken::DriverNotConnected),
            Some(at) if live.state.missed > 0 && (now - at) / 1_000_000 > FRESH_S => Err(ErrorToken::DataStale),
            Some(_) => Ok(live),
        }
    }
}

impl Directory for Facade<'_> {
    fn list(&self) -> Vec<(String, String)> {
        self.power.served().into_iter().map(|s| (s.ups, s.name)).collect()
    }

    fn variables(&self, ups: &str) -> Result<Vec<Served>, ErrorToken> {
        let live = self.live(ups)?;
        let mut all: BTreeMap<String, String> = live.variables.as_ref().clone();
        if let Some((_, s)) = live.latest.as_ref().filter(|_| all.is_empty()) {
            // A device that is read by something else than NUT, under NUT's names.
            let known = [
                ("ups.load", s.load_percent),
                ("ups.realpower", s.power_watts),
                ("battery.charge", s.battery_percent),
                ("battery.runtime", s.runtime_seconds),
                ("input.voltage", s.extras.input_voltage),
                ("output.voltage", s.extras.output_voltage),
                ("ups.temperature", s.temperature_c),
            ];
            all.extend(known.into_iter().filter_map(|(n, v)| Some((n.to_owned(), v?.to_string()))));
            all.extend(s.ups_status.clone().map(|text| ("ups.status".to_owned(), text)));
        }
        if live.state.forced
            && let Some(status) = all.get_mut("ups.status")
            && !status.split_whitespace().any(|flag| flag == "FSD")
        {
            *status = format!("FSD {status}");
        }
        let writable = |name: &String| live.details.as_ref().is_some_and(|d| d.writable.contains(name));
        Ok(all.into_iter().map(|(name, value)| Served { writable: writable(&name), name, value }).collect())
    }

    fn commands(&self, ups: &str) -> Result<Vec<(String, String)>, ErrorToken> {
        Ok(self.live(ups)?.details.map(|d| d.commands.clone()).unwrap_or_default())
    }

    fn clients(&self, ups: &str) -> Vec<String> {
        self.logins.values().filter(|(name, _)| name == ups).map(|(_, ip)| ip.clone()).collect()
    }

    fn allows(&self, user: &str, password: &str, right: Right<'_>, ups: &str) -> bool {
        let nas = self.power.nas_device().is_some() && right == Right::Login && ups == NAS_UPS;
        self.users.allows(user, password, right, ups) || (nas && (user, password) == NAS_USER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_names_nut_accepts() {
        for (name, wanted) in [("Rack 1 \"main\" UPS", "rack-1-main-ups"), ("  ", "ups"), ("Büro", "b-ro"), ("NAS", "nas")] {
            assert_eq!(slug(name), wanted);
            assert!(argos_nut::is_name(&slug(name)));
        }
    }
}
