//! A Redfish service with a system, a chassis and a rack PDU in the shapes of DMTF's published mockups. Documents are JSON
//! by path; basic authentication; `Outlet.PowerControl` switches an outlet, `ComputerSystem.Reset` the system.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::loopback::Loopback;
use crate::webhook::{Received, read_request};

/// The user of the service and its password.
pub const REDFISH_USER: (&str, &str) = ("root", "calvin-and-hobbes");
const SYSTEM: &str = "/redfish/v1/Systems/437XR1138R2";
/// The same as a header.
const BASIC: &str = "Basic cm9vdDpjYWx2aW4tYW5kLWhvYmJlcw==";

type Documents = BTreeMap<String, Value>;

/// A running service; it stops when dropped.
#[derive(Debug)]
pub struct RedfishService {
    listener: Loopback,
    documents: Arc<Mutex<Documents>>,
}

impl RedfishService {
    /// Starts a service on a free loopback port, without TLS.
    ///
    /// # Panics
    /// When no port can be bound.
    #[must_use]
    pub fn start() -> Self {
        let documents = Arc::new(Mutex::new(mockup()));
        let shared = Arc::clone(&documents);
        Self { listener: Loopback::start(move |stream, _| serve(&stream, &shared)), documents }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// The operating system of the machine ignores a graceful request from now on.
    pub fn make_deaf(&self) {
        if let Some(system) = self.documents.lock().unwrap_or_else(PoisonError::into_inner).get_mut(SYSTEM) {
            system["Oem"]["Deaf"] = json!(true);
        }
    }

    /// What the system was told, in order.
    #[must_use]
    pub fn resets(&self) -> Vec<String> {
        let told = self.document(SYSTEM)["Oem"]["Resets"].as_array().cloned().unwrap_or_default();
        told.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect()
    }

    /// A document as it is now.
    #[must_use]
    pub fn document(&self, path: &str) -> Value {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned().unwrap_or(Value::Null)
    }
}

fn serve(stream: &TcpStream, documents: &Mutex<Documents>) {
    drop(stream.set_read_timeout(Some(Duration::from_secs(30))));
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let (status, body) = respond(&request, &mut documents.lock().unwrap_or_else(PoisonError::into_inner));
        let text = body.to_string();
        let head = format!("HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", text.len());
        let mut out = stream;
        if out.write_all(format!("{head}{text}").as_bytes()).is_err() {
            return;
        }
    }
}

fn respond(request: &Received, documents: &mut Documents) -> (u16, Value) {
    if request.header("Authorization") != Some(BASIC) {
        return (401, json!({ "error": { "code": "Base.1.8.NoValidSession" } }));
    }
    if let Some(system) = request.target.strip_suffix("/Actions/ComputerSystem.Reset") {
        return reset(documents, system, &request.json());
    }
    if request.method == "POST" {
        let outlet = request.target.strip_suffix("/Actions/Outlet.PowerControl").and_then(|path| documents.get_mut(path));
        let Some(outlet) = outlet else { return (404, json!({})) };
        outlet["PowerState"] = match request.json()["PowerState"].as_str() {
            Some("Off") => json!("Off"),
            Some("On" | "PowerCycle") => json!("On"),
            _ => return (400, json!({})),
        };
        return (200, json!({}));
    }
    documents.get(&request.target).map_or((404, json!({})), |document| (200, document.clone()))
}

/// The system obeys at once, unless its operating system is deaf to a graceful request.
fn reset(documents: &mut Documents, path: &str, order: &Value) -> (u16, Value) {
    let Some(system) = documents.get_mut(path) else { return (404, json!({})) };
    let kind = order["ResetType"].as_str().unwrap_or_default().to_owned();
    let deaf = system["Oem"]["Deaf"] == true;
    match kind.as_str() {
        "GracefulShutdown" if deaf => {}
        "GracefulShutdown" | "ForceOff" => system["PowerState"] = json!("Off"),
        "On" => system["PowerState"] = json!("On"),
        _ => return (400, json!({ "error": { "code": "Base.1.8.ActionParameterNotSupported" } })),
    }
    if let Some(resets) = system["Oem"]["Resets"].as_array_mut() {
        resets.push(json!(kind));
    }
    (200, json!({}))
}

fn mockup() -> Documents {
    let link = |path: &str| json!({ "@odata.id": path });
    let members =
        |paths: &[&str]| json!({ "Members": paths.iter().map(|p| link(p)).collect::<Vec<_>>(), "Members@odata.count": paths.len() });
    let system = SYSTEM;
    let (chassis, pdu) = ("/redfish/v1/Chassis/1U", "/redfish/v1/PowerEquipment/RackPDUs/1");
    let outlet = |id: &str, state: &str, watts: f64| {
        json!({ "Id": id, "Name": format!("Outlet {id}"), "UserLabel": "", "PowerState": state, "PowerWatts": { "Reading": watts },
            "CurrentAmps": { "Reading": 1.68 }, "EnergykWh": { "Reading": 36_166 },
            "Actions": { "#Outlet.PowerControl": { "target": format!("{pdu}/Outlets/{id}/Actions/Outlet.PowerControl") } } })
    };
    [
        ("/redfish/v1/Systems".to_owned(), members(&[system])),
        (
            system.to_owned(),
            json!({ "Id": "437XR1138R2", "Name": "WebFrontEnd483", "SystemType": "Physical", "PowerState": "On",
                "Actions": { "#ComputerSystem.Reset": { "target": format!("{system}/Actions/ComputerSystem.Reset"),
                    "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "GracefulShutdown"] } },
                "Oem": { "Deaf": false, "Resets": [] } }),
        ),
        ("/redfish/v1/Chassis".to_owned(), members(&["/redfish/v1/Chassis/Rack", chassis])),
        ("/redfish/v1/Chassis/Rack".to_owned(), json!({ "Id": "Rack", "ChassisType": "Rack" })),
        (
            chassis.to_owned(),
            json!({ "Id": "1U", "ChassisType": "RackMount", "Manufacturer": "Contoso", "Model": "3500RX", "SerialNumber": "437XR1138R2",
                "Power": link(&format!("{chassis}/Power")) }),
        ),
        (
            format!("{chassis}/Power"),
            json!({ "PowerControl": [{ "PowerConsumedWatts": 344, "PowerCapacityWatts": 800 }],
                "PowerSupplies": [{ "LineInputVoltage": 220 }] }),
        ),
        ("/redfish/v1/PowerEquipment/RackPDUs".to_owned(), members(&[pdu])),
        (
            pdu.to_owned(),
            json!({ "Id": "1", "EquipmentType": "RackPDU", "Manufacturer": "Contoso", "Model": "ZAP4000", "SerialNumber": "29347ZT536",
                "FirmwareVersion": "4.3.0", "Outlets": link(&format!("{pdu}/Outlets")), "Metrics": link(&format!("{pdu}/Metrics")) }),
        ),
        (
            format!("{pdu}/Metrics"),
            json!({ "EnergykWh": { "Reading": 325_675 }, "PowerWatts": { "Reading": 374, "ApparentVA": 374, "PowerFactor": 1.0 } }),
        ),
        (format!("{pdu}/Outlets"), members(&[&format!("{pdu}/Outlets/A1"), &format!("{pdu}/Outlets/A2")])),
        (format!("{pdu}/Outlets/A1"), outlet("A1", "On", 197.4)),
        (format!("{pdu}/Outlets/A2"), outlet("A2", "Off", 0.0)),
    ]
    .into()
}
