//! A device behind an SNMP agent: the profile is found once and kept, one question is open at a time, what a UPS is
//! doing is asked every few seconds and everything else once a minute.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Secret;
use argos_powermib::{Agent, AgentError, Command, Depth, Profile, Reading};
use argos_snmp::{Client, Credentials, Timing};
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::Instant;

use super::solo::Reader;
use crate::model::device::Device;
use crate::model::fields::{self, OidField, Raw};
use crate::model::sample::Sample;
use crate::model::snmp::{self, Defaults};
use crate::model::state::Failure;
use crate::service::{Details, Power};

/// A UPS is asked for everything this often; in between only for what it is doing.
const FULL_EVERY: Duration = Duration::from_secs(60);
/// Whether another device took the address is asked this often.
const REPLACED_EVERY: Duration = Duration::from_secs(3_600);

/// Commands under NUT's names, and what they are for the engine.
const COMMANDS: [(&str, &str, Command); 4] = [
    ("test.battery.start", "Start a battery test", Command::BatteryTest),
    ("load.off", "Turn off the load immediately", Command::UpsOff),
    ("load.on", "Turn on the load immediately", Command::UpsOn),
    ("shutdown.return", "Turn off the load and return when power is back", Command::SleepUntilMains),
];

/// The engine's command of a name.
pub(crate) fn command(name: &str) -> Option<Command> {
    COMMANDS.iter().find(|(known, ..)| *known == name).map(|(.., command)| command.clone())
}

/// What devices of a profile can be told to do.
pub(crate) fn details(profile: Profile) -> Details {
    let able = COMMANDS.iter().filter(|(.., command)| profile.command(command).is_some());
    Details { writable: Vec::new(), commands: able.map(|(name, text, _)| ((*name).to_owned(), (*text).to_owned())).collect() }
}

enum Connected {
    Known(Box<Agent>),
    Custom(Box<Client>, Vec<OidField>),
}

struct Link {
    credentials: Credentials,
    agent: Connected,
    /// When everything is asked again.
    full_due: Instant,
    checked_at: Instant,
    /// Nothing was asked yet.
    fresh: bool,
}

/// Reads one SNMP device. The device stays as it is for the life of a reader: another address or key makes another one.
pub(crate) struct SnmpReader {
    power: Arc<Power>,
    link: Option<Link>,
    settings: watch::Receiver<u64>,
    /// Opened and worked out once, and again when a setting changes.
    manner: Option<(Credentials, Timing)>,
}

impl SnmpReader {
    pub(crate) fn new(power: Arc<Power>) -> Self {
        let settings = power.settings().watch();
        Self { power, link: None, settings, manner: None }
    }

    /// As whom and how patiently the agent is asked.
    fn manner(&mut self, device: &Device) -> Result<(Credentials, Timing), String> {
        if self.settings.has_changed().unwrap_or(false) {
            self.settings.mark_unchanged();
            self.manner = None;
        }
        if let Some(manner) = &self.manner {
            return Ok(manner.clone());
        }
        let defaults = self.power.snmp_defaults()?;
        let secrets = self.power.secrets_of(device).map_err(|e| e.message().to_owned())?;
        let manner = (snmp::credentials(device, &secrets, &defaults, false)?, snmp::timing(device, &defaults));
        Ok(self.manner.insert(manner).clone())
    }

    async fn poll(&mut self, device: &Device, full: bool) -> Result<Sample, Failure> {
        let (credentials, mut timing) = self.manner(device)?;
        if self.link.as_ref().is_some_and(|l| l.credentials != credentials || l.checked_at.elapsed() >= REPLACED_EVERY) {
            self.refresh(&credentials).await;
        }
        let silent = self.power.lives().get(&device.id).is_some_and(|l| l.state.missed > 0);
        if silent {
            // What did not answer a moment ago is asked once, so that it does not hold up a cycle.
            timing.retries = 0;
        }
        let link = match &mut self.link {
            Some(link) => link,
            none => none.insert(Link::open(&self.power, device, credentials, timing).await?),
        };
        match &mut link.agent {
            Connected::Known(agent) => {
                agent.set_patience(timing.timeout, timing.retries);
                let profile = agent.profile();
                let full = full || !profile.is_ups() || Instant::now() >= link.full_due;
                let reading = agent.poll(if full { Depth::Full } else { Depth::Status }).await.map_err(|e| failure(&e))?;
                if nothing(&reading) {
                    return Err("the agent answers, but the device has no data".to_owned().into());
                }
                if full {
                    // The first time sooner, so that many devices do not ask for everything in the same moment.
                    let wait = if link.fresh { FULL_EVERY.mul_f64(share(&device.id)) } else { FULL_EVERY };
                    (link.full_due, link.fresh) = (Instant::now() + wait, false);
                }
                Ok(Sample::from_mib(profile, &reading))
            }
            Connected::Custom(client, table) => custom(client, table).await,
        }
    }

    /// Lets the link go when the credentials changed or another device answers at the address.
    async fn refresh(&mut self, credentials: &Credentials) {
        let Some(link) = &mut self.link else { return };
        let stays = link.credentials == *credentials
            && match &mut link.agent {
                Connected::Known(agent) => !agent.is_replaced().await.unwrap_or(false),
                Connected::Custom(..) => true,
            };
        link.checked_at = Instant::now();
        if !stays {
            self.link = None;
        }
    }
}

/// A part of one that differs between devices.
fn share(id: &str) -> f64 {
    let mixed = id.bytes().fold(7_u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    f64::from(mixed % 1_000) / 1_000.0
}

fn failure(error: &AgentError) -> Failure {
    let refused = matches!(error, AgentError::Snmp(e) if e.is_authentication());
    Failure { text: error.to_string(), refused }
}

fn nothing(reading: &Reading) -> bool {
    reading.is_empty()
}

impl Link {
    async fn open(power: &Arc<Power>, device: &Device, credentials: Credentials, timing: Timing) -> Result<Self, Failure> {
        let client = connect(device, credentials.clone(), timing).await?;
        let agent = if snmp::is_custom(device) {
            let table = fields::oids(device.connection_config.get("oids").unwrap_or(&Value::Null))?;
            Connected::Custom(Box::new(client), table)
        } else {
            let agent = match snmp::profile(device) {
                Some(profile) => Agent::with_profile(client, profile),
                None => Agent::detect(client).await.map_err(|e| failure(&e))?,
            };
            let offered = details(agent.profile());
            if let Some(live) = power.lives().get_mut(&device.id) {
                live.profile = Some(agent.profile());
                live.details = Some(Arc::new(offered));
            }
            Connected::Known(Box::new(agent))
        };
        Ok(Self { credentials, agent, full_due: Instant::now(), fresh: true, checked_at: Instant::now() })
    }
}

impl Reader for SnmpReader {
    type Fault = Failure;

    async fn read(&mut self, device: &Device, full: bool) -> Result<Sample, Failure> {
        let turn = self.power.pollers.agent(device);
        let _mine = turn.lock().await;
        let read = self.poll(device, full).await;
        if read.is_err() && self.power.lives().get(&device.id).is_some_and(|l| l.state.missed > 3) {
            // A name may point elsewhere by now, and another device may be there.
            self.link = None;
        }
        read
    }
}

/// The values of a table that somebody wrote.
async fn custom(client: &mut Client, table: &[OidField]) -> Result<Sample, Failure> {
    let single: Vec<_> = table.iter().filter(|f| f.fold.is_none()).map(|f| f.oid.clone()).collect();
    let answers = client.get(&single).await.map_err(|e| failure(&e.into()))?;
    let mut read = Vec::new();
    for field in table {
        let raw = if let Some(fold) = field.fold {
            let walk = client.walk(&field.oid).await.map_err(|e| failure(&e.into()))?;
            let cells: Vec<f64> = walk.bindings.iter().filter_map(|b| b.value.as_f64()).collect();
            fold.of(&cells).map(Raw::Number)
        } else {
            let value = answers.iter().find(|b| b.oid == field.oid).map(|b| &b.value).filter(|v| !v.is_absent());
            value.and_then(|v| {
                let word = v.as_i64().and_then(|n| field.words.get(&n)).map(|word| Raw::Text(word.clone()));
                word.or_else(|| v.as_f64().map(Raw::Number)).or_else(|| v.as_text().map(Raw::Text))
            })
        };
        read.extend(raw.map(|raw| (field.field.clone(), raw, field.scale)));
    }
    let variables = fields::variables(read);
    if variables.is_empty() {
        return Err("the agent answers, but has none of the variables of the table".to_owned().into());
    }
    Ok(Sample::from_nut(variables, &[]))
}

/// A client of the agent of a device.
pub(crate) async fn connect(device: &Device, credentials: Credentials, timing: Timing) -> Result<Client, String> {
    let mut found = tokio::net::lookup_host((device.host.as_str(), device.port)).await.map_err(|e| format!("{}: {e}", device.host))?;
    let address = found.next().ok_or_else(|| format!("{} has no address", device.host))?;
    Client::connect(address, credentials, timing).await.map_err(|e| e.to_string())
}

/// What a test of an agent showed.
pub(crate) struct Tested {
    pub(crate) profile: &'static str,
    pub(crate) sample: Sample,
}

impl Power {
    /// The settings `power.snmp.*`.
    pub(crate) fn snmp_defaults(&self) -> Result<Defaults, String> {
        let s = self.settings();
        let read = || -> argos_kernel::Result<Defaults> {
            let secret = |key: &str| Ok::<_, argos_kernel::AppError>(s.secret(key)?.map(Secret::into_inner));
            Ok(Defaults {
                version: s.text("power.snmp.version")?,
                community: secret("power.snmp.community")?,
                timeout_s: u64::try_from(s.i64("power.snmp.timeout")?).unwrap_or(5),
                retries: u32::try_from(s.i64("power.snmp.retries")?).unwrap_or(2),
                v3_username: s.opt_text("power.snmp.v3_username")?.unwrap_or_default(),
                v3_auth_protocol: s.text("power.snmp.v3_auth_protocol")?,
                v3_auth_key: secret("power.snmp.v3_auth_key")?,
                v3_priv_protocol: s.text("power.snmp.v3_priv_protocol")?,
                v3_priv_key: secret("power.snmp.v3_priv_key")?,
            })
        };
        read().map_err(|e| e.message().to_owned())
    }

    /// Reads an agent once, with secrets that need not be stored.
    pub(crate) async fn test_snmp(
        &self,
        device: &Device,
        secrets: &Map<String, Value>,
        patience: Option<Duration>,
    ) -> Result<Tested, String> {
        let defaults = self.snmp_defaults()?;
        let credentials = snmp::credentials(device, secrets, &defaults, false)?;
        let mut timing = snmp::timing(device, &defaults);
        if let Some(patience) = patience {
            (timing.timeout, timing.retries) = (patience, 0);
        }
        let turn = self.pollers.agent(device);
        let _mine = turn.lock().await;
        let mut client = connect(device, credentials, timing).await?;
        if snmp::is_custom(device) {
            let table = fields::oids(device.connection_config.get("oids").unwrap_or(&Value::Null))?;
            return Ok(Tested { profile: "custom", sample: custom(&mut client, &table).await.map_err(|f| f.text)? });
        }
        let mut agent = match snmp::profile(device) {
            Some(profile) => Agent::with_profile(client, profile),
            None => Agent::detect(client).await.map_err(|e| e.to_string())?,
        };
        let reading = agent.poll(Depth::Full).await.map_err(|e| e.to_string())?;
        if nothing(&reading) {
            return Err("the agent answers, but has no data of this profile".to_owned());
        }
        Ok(Tested { profile: agent.profile().name(), sample: Sample::from_mib(agent.profile(), &reading) })
    }

    /// Tells an agent to do something, with the credentials that may write.
    pub(crate) async fn tell_snmp(&self, device: &Device, command: &Command) -> Result<(), AgentError> {
        let bad = |why: String| AgentError::Snmp(argos_snmp::Error::Io(std::io::Error::other(why)));
        let defaults = self.snmp_defaults().map_err(bad)?;
        let secrets = self.secrets_of(device).map_err(|e| bad(e.message().to_owned()))?;
        let credentials = snmp::credentials(device, &secrets, &defaults, true).map_err(bad)?;
        let turn = self.pollers.agent(device);
        let _mine = turn.lock().await;
        let client = connect(device, credentials, snmp::timing(device, &defaults)).await.map_err(bad)?;
        let known = self.lives().get(&device.id).and_then(|l| l.profile);
        let mut agent = match known.or_else(|| snmp::profile(device)) {
            Some(profile) => Agent::with_profile(client, profile),
            None => Agent::detect(client).await?,
        };
        agent.command(command).await
    }
}
