//! Redfish documents (DMTF DSP0266 schemas) to variables: chassis of hosts, rack PDUs. Pure; any JSON is fine.

use serde_json::Value;

use super::outlet::{Outlet, OutletState};
use super::sample::{Sample, Writer};

/// A number by JSON pointer; a sensor excerpt counts by its `Reading`.
fn number(doc: &Value, pointer: &str) -> Option<f64> {
    let found = doc.pointer(pointer)?;
    found.as_f64().or_else(|| found.get("Reading").and_then(Value::as_f64)).filter(|n| n.is_finite() && *n >= 0.0)
}

fn text<'a>(doc: &'a Value, name: &str) -> Option<&'a str> {
    doc.get(name).and_then(Value::as_str)
}

/// The addresses of the members of a collection.
pub fn members(doc: &Value) -> Vec<String> {
    let list = doc.get("Members").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|m| text(m, "@odata.id")).filter(|t| is_path(t)).map(str::to_owned).collect()
}

/// A link below the service root, never another host.
fn is_path(link: &str) -> bool {
    link.starts_with("/redfish/") && !link.contains("..") && link.len() < 512 && !link.chars().any(|c| c.is_control() || c == ' ')
}

/// Where a link of a document leads.
pub fn link(doc: &Value, name: &str) -> Option<String> {
    doc.get(name).and_then(|l| text(l, "@odata.id")).filter(|t| is_path(t)).map(str::to_owned)
}

/// A device from its own document, its metrics (`Power`, `EnvironmentMetrics` or a PDU's `Metrics`) and its outlets.
pub fn sample(device: &Value, metrics: &[Value], outlets: &[Value], pdu: bool) -> Sample {
    let mut v = Writer::default();
    v.text("device.type", Some(if pdu { "pdu" } else { "host" }));
    v.text("device.mfr", text(device, "Manufacturer"));
    v.text("device.model", text(device, "Model"));
    v.text("device.serial", text(device, "SerialNumber"));
    v.text("ups.firmware", text(device, "FirmwareVersion"));
    let first = |pointers: &[&str]| pointers.iter().find_map(|p| metrics.iter().find_map(|doc| number(doc, p)));
    v.number("ups.realpower", first(&["/PowerWatts", "/PowerControl/0/PowerConsumedWatts"]));
    v.number("ups.realpower.nominal", first(&["/PowerControl/0/PowerCapacityWatts"]));
    v.number("input.energy", first(&["/EnergykWh"]).map(|kwh| kwh * 1000.0));
    v.number("ambient.temperature", first(&["/TemperatureCelsius"]));
    v.number("ambient.humidity", first(&["/HumidityPercent"]));
    v.number("ups.load", first(&["/PowerLoadPercent"]));
    v.number("input.voltage", first(&["/Voltage", "/PowerSupplies/0/LineInputVoltage"]));
    let outlets: Vec<Outlet> = outlets.iter().filter_map(outlet).collect();
    v.number("outlet.count", (!outlets.is_empty()).then(|| u32::try_from(outlets.len()).unwrap_or(u32::MAX)).map(f64::from));
    Sample { variables: v.0, outlets, ..Sample::default() }
}

fn outlet(doc: &Value) -> Option<Outlet> {
    let id = text(doc, "Id").filter(|id| super::outlet::is_outlet_id(id))?;
    Some(Outlet {
        id: id.to_owned(),
        name: text(doc, "UserLabel").or_else(|| text(doc, "Name")).filter(|t| !t.is_empty()).map(str::to_owned),
        state: text(doc, "PowerState").map(OutletState::parse).unwrap_or_default(),
        current_amps: number(doc, "/CurrentAmps"),
        power_watts: number(doc, "/PowerWatts"),
        energy_kwh: number(doc, "/EnergykWh"),
        switchable: doc.pointer("/Actions/#Outlet.PowerControl").is_some(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn power_of_a_chassis_is_read_from_both_generations() {
        let chassis = json!({"Manufacturer": "Contoso", "Model": "3500", "SerialNumber": "437XR1138R2"});
        let old = json!({"PowerControl": [{"PowerConsumedWatts": 344, "PowerCapacityWatts": 800}]});
        let sample_of = |doc: Value| sample(&chassis, &[doc], &[], false).variables;
        assert_eq!((sample_of(old)["ups.realpower"].as_str(), 1), ("344", 1));
        let new =
            sample_of(json!({"PowerWatts": {"Reading": 374.5}, "EnergykWh": {"Reading": 325_675}, "TemperatureCelsius": {"Reading": 39}}));
        assert_eq!(
            (new["ups.realpower"].as_str(), new["input.energy"].as_str(), new["device.model"].as_str()),
            ("374.5", "325675000", "3500")
        );
    }

    #[test]
    fn outlets_are_read_with_their_state_and_power() {
        let doc = json!({"Id": "A1", "Name": "Outlet A1", "UserLabel": "web", "PowerState": "On", "PowerWatts": {"Reading": 197.4},
            "CurrentAmps": {"Reading": 1.68}, "Actions": {"#Outlet.PowerControl": {}}});
        let read = sample(&json!({}), &[], &[doc, json!({"Id": "../x"})], true).outlets;
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].state, read[0].power_watts, read[0].name.as_deref(), read[0].switchable),
            (OutletState::On, Some(197.4), Some("web"), true)
        );
    }

    #[test]
    fn links_that_lead_elsewhere_are_no_members() {
        let doc = json!({"Members": [{"@odata.id": "/redfish/v1/Chassis/1"}, {"@odata.id": "https://evil/redfish/"}, {"@odata.id": "/redfish/../x"}, 7]});
        assert_eq!(members(&doc), ["/redfish/v1/Chassis/1"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_that_is_json_is_read(text in "\\PC{0,120}") {
            let doc: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            drop(sample(&doc, std::slice::from_ref(&doc), std::slice::from_ref(&doc), true));
            drop(members(&doc));
        }
    }
}
