//! Devices read over TCP and HTTP: apcupsd, Modbus, JSON documents, Redfish. One question at a time, each with a deadline.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use argos_net::{Class, Request, Tls};
use argos_powerproto::{apcupsd, modbus};
use serde_json::{Map, Value};

use super::solo::Reader;
use crate::model::device::{Device, DeviceType};
use crate::model::fields::{self, Raw};
use crate::model::registers::{self, Register, SMART_UPS};
use crate::model::sample::Sample;
use crate::model::{apcupsd as apcupsd_model, redfish};
use crate::service::Power;

const APCUPSD: Duration = Duration::from_secs(10);
const MODBUS: Duration = Duration::from_secs(3);
const HTTP: Duration = Duration::from_secs(10);
const HTTP_BYTES: usize = 1 << 20;
/// Outlets of one PDU that are asked for one by one.
const OUTLETS_MAX: usize = 64;

pub(super) async fn address(device: &Device) -> Result<SocketAddr, String> {
    let mut found = tokio::net::lookup_host((device.host.as_str(), device.port)).await.map_err(|e| format!("{}: {e}", device.host))?;
    found.next().ok_or_else(|| format!("{} has no address", device.host))
}

/// apcupsd's network server.
pub(crate) struct ApcupsdReader;

impl Reader for ApcupsdReader {
    type Fault = String;

    async fn read(&mut self, device: &Device, _: bool) -> Result<Sample, String> {
        let status = apcupsd::fetch(address(device).await?, APCUPSD).await.map_err(|e| e.to_string())?;
        if status.stale {
            return Err("apcupsd has lost its UPS".to_owned());
        }
        Ok(apcupsd_model::sample(&status))
    }
}

/// A Modbus/TCP device. The connection is kept.
#[derive(Default)]
pub(crate) struct ModbusReader {
    client: Option<modbus::Client>,
    /// Blocks that are read rarely: who the device is.
    identity: Vec<Option<Vec<u16>>>,
}

/// Blocks of [`SMART_UPS`] that change.
const LIVE_BLOCKS: usize = 5;

impl ModbusReader {
    async fn block(&mut self, device: &Device, table: modbus::Table, at: u16, count: u16) -> Result<Option<Vec<u16>>, String> {
        // One retry: on a fresh connection, or of a device that was busy.
        for last in [false, true] {
            let client = match &mut self.client {
                Some(client) => client,
                none => {
                    let unit =
                        device.connection_config.get("unit_id").and_then(Value::as_u64).and_then(|n| u8::try_from(n).ok()).unwrap_or(1);
                    none.insert(modbus::Client::connect(address(device).await?, unit, MODBUS).await.map_err(|e| e.to_string())?)
                }
            };
            match client.read(table, at, count).await {
                Ok(registers) => return Ok(Some(registers)),
                Err(e) if e.is_absent() => return Ok(None),
                Err(e) if last => {
                    self.client = None;
                    return Err(e.to_string());
                }
                Err(e) if e.is_busy() => tokio::time::sleep(Duration::from_millis(200)).await,
                Err(_) => self.client = None,
            }
        }
        Ok(None)
    }

    async fn smart_ups(&mut self, device: &Device, full: bool) -> Result<Sample, String> {
        let mut blocks = Vec::new();
        for (at, count) in SMART_UPS.iter().take(LIVE_BLOCKS) {
            blocks.push(self.block(device, modbus::Table::Holding, *at, *count).await?);
        }
        if full || self.identity.is_empty() {
            let mut identity = Vec::new();
            for (at, count) in SMART_UPS.iter().skip(LIVE_BLOCKS) {
                identity.push(self.block(device, modbus::Table::Holding, *at, *count).await?);
            }
            self.identity = identity;
        }
        blocks.extend(self.identity.iter().cloned());
        if blocks.iter().take(LIVE_BLOCKS).all(Option::is_none) {
            return Err("the device answers, but has no registers of a Smart-UPS".to_owned());
        }
        Ok(Sample { variables: registers::smart_ups(&blocks), ..Sample::default() })
    }

    async fn table(&mut self, device: &Device, table: &[Register]) -> Result<Sample, String> {
        let mut read = Vec::new();
        for register in table {
            let kind = if register.input { modbus::Table::Input } else { modbus::Table::Holding };
            let words = self.block(device, kind, register.addr, register.count()).await?;
            let raw = words.and_then(|words| register.value(&words));
            read.extend(raw.map(|raw| (register.field.clone(), raw, register.scale)));
        }
        let variables = fields::variables(read);
        if variables.is_empty() {
            return Err("the device answers, but has none of the registers".to_owned());
        }
        Ok(Sample::from_nut(variables, &[]))
    }
}

impl Reader for ModbusReader {
    type Fault = String;

    async fn read(&mut self, device: &Device, full: bool) -> Result<Sample, String> {
        match device.connection_text("profile").unwrap_or("apc_ups") {
            "sdm230" => self.table(device, &registers::sdm230()).await,
            "custom" => {
                let table = registers::registers(device.connection_config.get("registers").unwrap_or(&Value::Null))?;
                self.table(device, &table).await
            }
            _ => self.smart_ups(device, full).await,
        }
    }
}

/// Reads JSON documents through the guarded client.
struct Web<'a> {
    power: &'a Power,
    device: &'a Device,
    secrets: &'a Map<String, Value>,
}

impl Web<'_> {
    fn secret(&self, name: &str) -> Option<&str> {
        self.secrets.get(name).and_then(Value::as_str).filter(|t| !t.is_empty())
    }

    fn request(&self, method: &str, url: &str) -> Result<Request, String> {
        let method = method.parse().map_err(|_| "the method is not one of HTTP".to_owned())?;
        let insecure = self.device.connection_config.get("tls_verify").is_some_and(|v| v == false);
        let mut request = Request::new(Class::Integration, method, url)
            .timeout(HTTP)
            .bytes_max(HTTP_BYTES)
            .tls(if insecure { Tls::Insecure } else { Tls::Verify })
            .header("Accept", "application/json");
        if let Some(user) = self.device.connection_text("username") {
            let pair = format!("{user}:{}", self.secret("password").unwrap_or_default());
            request = request.header("Authorization", &format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes())));
        }
        for (name, value) in self.secrets.get("headers").and_then(Value::as_object).into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        Ok(request)
    }

    async fn send(&self, request: Request) -> Result<argos_net::Response, String> {
        let response = self.power.platform.net.send(request).await.map_err(|e| e.to_string())?;
        match response.status {
            200..=299 => Ok(response),
            401 | 403 => Err(format!("authentication: the device refuses the credentials (HTTP {})", response.status)),
            status => Err(format!("the device answers HTTP {status}")),
        }
    }

    async fn json(&self, request: Request) -> Result<Value, String> {
        let response = self.send(request).await?;
        serde_json::from_slice(&response.body).map_err(|_| "the device answers something else than JSON".to_owned())
    }

    /// A document of the device itself.
    async fn at(&self, path: &str) -> Result<Value, String> {
        self.json(self.request("GET", &url(self.device, path))?).await
    }
}

/// The address of a path on the device.
fn url(device: &Device, path: &str) -> String {
    let host = if device.host.contains(':') { format!("[{}]", device.host) } else { device.host.clone() };
    let plain = device.connection_config.get("scheme").is_some_and(|s| s == "http") || device.port == 80;
    format!("{}://{host}:{}{path}", if plain { "http" } else { "https" }, device.port)
}

/// A JSON document somewhere, and where in it the values are.
pub(crate) struct HttpReader {
    pub(crate) power: Arc<Power>,
    /// Secrets that are not stored yet.
    pub(crate) trial: Option<Map<String, Value>>,
}

impl Reader for HttpReader {
    type Fault = String;

    async fn read(&mut self, device: &Device, _: bool) -> Result<Sample, String> {
        let secrets = secrets(&self.power, device, self.trial.as_ref())?;
        let web = Web { power: &self.power, device, secrets: &secrets };
        let target = match device.connection_text("url") {
            Some(text) if text.starts_with('/') => url(device, text),
            Some(text) => text.to_owned(),
            None => url(device, "/"),
        };
        let request = web.request(device.connection_text("method").unwrap_or("GET"), &target)?;
        let doc = web.json(request.follow_redirects(3)).await?;
        let config = |name: &str| device.connection_config.get(name).and_then(Value::as_object);
        let scale = |field: &str| config("scale").and_then(|s| s.get(field)).and_then(Value::as_f64).unwrap_or(1.0);
        let values = config("json").into_iter().flatten().filter_map(|(field, pointer)| {
            let raw = match doc.pointer(pointer.as_str()?)? {
                Value::Number(n) => Raw::Number(n.as_f64()?),
                Value::String(text) => Raw::Text(text.clone()),
                _ => return None,
            };
            Some((field.clone(), raw, scale(field)))
        });
        let variables = fields::variables(values);
        if variables.is_empty() {
            return Err("the document has none of the values".to_owned());
        }
        Ok(Sample::from_nut(variables, &[]))
    }
}

pub(super) fn secrets(power: &Power, device: &Device, trial: Option<&Map<String, Value>>) -> Result<Map<String, Value>, String> {
    trial.map_or_else(|| power.secrets_of(device).map_err(|e| e.message().to_owned()), |t| Ok(t.clone()))
}

/// A Redfish service: the power of a host, or a rack PDU.
pub(crate) struct RedfishReader {
    pub(crate) power: Arc<Power>,
    pub(crate) trial: Option<Map<String, Value>>,
    /// The document of the device, found once.
    pub(crate) found: Option<String>,
}

impl Reader for RedfishReader {
    type Fault = String;

    async fn read(&mut self, device: &Device, _: bool) -> Result<Sample, String> {
        let secrets = secrets(&self.power, device, self.trial.as_ref())?;
        let web = Web { power: &self.power, device, secrets: &secrets };
        let pdu = device.kind == DeviceType::Pdu;
        let path = match &self.found {
            Some(path) => path.clone(),
            None => self.found.insert(find(&web, device, pdu).await?).clone(),
        };
        let own = match web.at(&path).await {
            Ok(own) => own,
            Err(error) => {
                self.found = None;
                return Err(error);
            }
        };
        let mut metrics = Vec::new();
        for name in if pdu { ["Metrics", "EnvironmentMetrics"] } else { ["EnvironmentMetrics", "Power"] } {
            if let Some(link) = redfish::link(&own, name) {
                metrics.push(web.at(&link).await?);
            }
        }
        let mut outlets = Vec::new();
        if let Some(link) = redfish::link(&own, "Outlets").filter(|_| pdu) {
            for member in redfish::members(&web.at(&link).await?).iter().take(OUTLETS_MAX) {
                outlets.push(web.at(member).await?);
            }
        }
        let sample = redfish::sample(&own, &metrics, &outlets, pdu);
        let measured = ["ups.realpower", "input.energy", "ambient.temperature"];
        if !measured.iter().any(|name| sample.variables.contains_key(*name)) && sample.outlets.is_empty() {
            return Err("the Redfish service answers, but measures no power there".to_owned());
        }
        Ok(sample)
    }
}

/// The document of the device: the chosen chassis, else the first member with metrics.
async fn find(web: &Web<'_>, device: &Device, pdu: bool) -> Result<String, String> {
    let collection = if pdu { "/redfish/v1/PowerEquipment/RackPDUs" } else { "/redfish/v1/Chassis" };
    let members = redfish::members(&web.at(collection).await?);
    if let Some(wanted) = device.connection_text("chassis").filter(|c| *c != "auto") {
        let named = members.iter().find(|m| m.rsplit('/').next() == Some(wanted));
        return named.cloned().ok_or_else(|| format!("the Redfish service has no {wanted}"));
    }
    for member in &members {
        let own = web.at(member).await?;
        if ["Power", "EnvironmentMetrics", "Metrics"].iter().any(|name| redfish::link(&own, name).is_some()) {
            return Ok(member.clone());
        }
    }
    Err("the Redfish service has nothing that measures power".to_owned())
}

impl Power {
    /// Switches an outlet of a Redfish PDU.
    pub(crate) async fn tell_redfish(&self, device: &Device, outlet: &str, state: &str) -> Result<(), String> {
        let secrets = self.secrets_of(device).map_err(|e| e.message().to_owned())?;
        let web = Web { power: self, device, secrets: &secrets };
        let pdu = find(&web, device, true).await?;
        let outlets = redfish::link(&web.at(&pdu).await?, "Outlets").ok_or("the PDU has no outlets")?;
        let path = format!("{outlets}/{outlet}/Actions/Outlet.PowerControl");
        let request = web.request("POST", &url(device, &path))?;
        web.send(request.json(&serde_json::json!({ "PowerState": state }))).await.map(drop)
    }

    /// Reads a device once, with secrets that need not be stored.
    pub(crate) async fn test_meter(self: &Arc<Self>, device: &Device, secrets: &Map<String, Value>) -> Result<Sample, String> {
        use crate::model::device::Poller;
        let (power, trial) = (Arc::clone(self), Some(secrets.clone()));
        match device.poller {
            Poller::Apcupsd => ApcupsdReader.read(device, true).await,
            Poller::Modbus => ModbusReader::default().read(device, true).await,
            Poller::Http => HttpReader { power, trial }.read(device, true).await,
            Poller::Redfish => RedfishReader { power, trial, found: None }.read(device, true).await,
            Poller::Ipmi => super::ipmi::IpmiReader { power, trial }.read(device, true).await,
            Poller::Nut | Poller::Snmp => Err("devices of this kind cannot be read this way".to_owned()),
        }
    }
}
