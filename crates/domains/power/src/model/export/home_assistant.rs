//! What is published over MQTT: the retained state of each device, and the discovery messages by which Home Assistant
//! makes entities of it.

use serde_json::{Map, Value, json};

use crate::model::device::Device;
use crate::model::outlet::{Outlet, Switch, is_outlet_id};
use crate::model::snapshot::Snapshot;

/// The topics of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    pub base: String,
    pub discovery: String,
}

/// A field of the state that becomes a sensor: name, title, unit, class, state class.
type Field = (&'static str, &'static str, &'static str, &'static str, &'static str);

const SENSORS: [Field; 13] = [
    ("power_watts", "Power", "W", "power", "measurement"),
    ("load_percent", "Load", "%", "", "measurement"),
    ("voltage", "Voltage", "V", "voltage", "measurement"),
    ("battery_percent", "Battery", "%", "battery", "measurement"),
    ("runtime_seconds", "Runtime", "s", "duration", "measurement"),
    ("temperature_c", "Temperature", "°C", "temperature", "measurement"),
    ("current_amps", "Current", "A", "current", "measurement"),
    ("frequency_hz", "Frequency", "Hz", "frequency", "measurement"),
    ("input_voltage", "Input voltage", "V", "voltage", "measurement"),
    ("output_voltage", "Output voltage", "V", "voltage", "measurement"),
    ("humidity_percent", "Humidity", "%", "humidity", "measurement"),
    ("energy_kwh_total", "Energy", "kWh", "energy", "total_increasing"),
    ("ups_status", "Status", "", "", ""),
];
const SWITCHES: [(&str, &str, &str); 2] = [("on_battery", "On battery", "problem"), ("online", "Connection", "connectivity")];

/// Letters, digits, `_` and `-`; anything else becomes `_`.
pub fn sanitised(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}

impl Topics {
    /// `online` or `offline`, retained; the broker says `offline` when we vanish.
    pub fn availability(&self) -> String {
        format!("{}/status", self.base)
    }
    pub fn state(&self, device_id: &str) -> String {
        format!("{}/{}/state", self.base, plain(device_id))
    }
    pub fn event(&self, device_id: &str) -> String {
        format!("{}/{}/event", self.base, plain(device_id))
    }
    fn config(&self, component: &str, device_id: &str, field: &str) -> String {
        format!("{}/{component}/argus_{}/{field}/config", self.discovery, sanitised(device_id))
    }

    /// State and power of every outlet of a device.
    pub fn outlets(&self, device_id: &str) -> String {
        format!("{}/{}/outlets", self.base, plain(device_id))
    }
    fn command(&self, device_id: &str, outlet: &str) -> String {
        format!("{}/{}/outlet/{outlet}/set", self.base, plain(device_id))
    }
    /// Where commands for outlets come in.
    pub fn commands(&self) -> String {
        format!("{}/+/outlet/+/set", self.base)
    }
    fn switch(&self, device_id: &str, outlet: &str) -> String {
        self.config("switch", device_id, &format!("outlet_{}", sanitised(&outlet.replace('.', "_"))))
    }

    /// The device and the outlet a command is for; the device as the topic spells it, see [`Topics::is_of`].
    pub fn addressed<'t>(&self, topic: &'t str) -> Option<(&'t str, &'t str)> {
        let rest = topic.strip_prefix(&self.base)?.strip_prefix('/')?.strip_suffix("/set")?;
        let (device, outlet) = rest.rsplit_once("/outlet/")?;
        (!device.contains('/') && is_outlet_id(outlet)).then_some((device, outlet))
    }

    /// Whether a topic spells this device so.
    pub fn is_of(spelled: &str, device_id: &str) -> bool {
        plain(device_id) == spelled
    }

    /// The switches of a device. `None` as message: nobody may switch it, and what stands there is taken away. A
    /// command carries the device's id, as every other request to switch does.
    pub fn switches(&self, device: &Device, outlets: &[(&Outlet, Option<&str>)], offered: bool) -> Vec<(String, Option<Value>)> {
        let one = |(outlet, label): &(&Outlet, Option<&str>)| {
            let title = label.map(str::to_owned).or_else(|| outlet.name.clone()).unwrap_or_else(|| format!("Outlet {}", outlet.id));
            let mut config = self.entity(device, &format!("outlet_{}", sanitised(&outlet.id.replace('.', "_"))), &title);
            let order = |state: &str| json!(json!({ "state": state, "confirm": device.id }).to_string());
            for (name, value) in [
                ("command_topic", json!(self.command(&device.id, &outlet.id))),
                ("state_topic", json!(self.outlets(&device.id))),
                ("value_template", json!(format!("{{{{ value_json['{}'].state }}}}", outlet.id))),
                ("state_on", json!("on")),
                ("state_off", json!("off")),
                ("payload_on", order("on")),
                ("payload_off", order("off")),
                ("device_class", json!("outlet")),
            ] {
                config.insert(name.to_owned(), value);
            }
            (self.switch(&device.id, &outlet.id), (offered && outlet.switchable).then_some(Value::Object(config)))
        };
        outlets.iter().map(one).collect()
    }

    /// How the topics of all switches of a device begin.
    pub fn switch_prefix(&self, device_id: &str) -> String {
        format!("{}/switch/argus_{}/", self.discovery, sanitised(device_id))
    }

    /// Every topic a device may have left something under.
    pub fn retained(&self, device_id: &str) -> Vec<String> {
        let sensors = SENSORS.iter().map(|(field, ..)| self.config("sensor", device_id, field));
        let switches = SWITCHES.iter().map(|(field, ..)| self.config("binary_sensor", device_id, field));
        [self.state(device_id), self.outlets(device_id)].into_iter().chain(sensors).chain(switches).collect()
    }

    /// The discovery messages of a device: one for each value its state knows.
    pub fn discovery(&self, device: &Device, state: &Value) -> Vec<(String, Value)> {
        let known = |field: &str| state.get(field).is_some_and(|v| !v.is_null());
        let sensors = SENSORS.iter().filter(|(field, ..)| known(field)).map(|(field, title, unit, class, state_class)| {
            let mut config = self.entity(device, field, title);
            config.insert("value_template".to_owned(), json!(format!("{{{{ value_json.{field} }}}}")));
            for (name, text) in [("unit_of_measurement", unit), ("device_class", class), ("state_class", state_class)] {
                if !text.is_empty() {
                    config.insert(name.to_owned(), json!(text));
                }
            }
            (self.config("sensor", &device.id, field), Value::Object(config))
        });
        let switches = SWITCHES.iter().filter(|(field, ..)| known(field)).map(|(field, title, class)| {
            let mut config = self.entity(device, field, title);
            config.insert("value_template".to_owned(), json!(format!("{{{{ 'ON' if value_json.{field} else 'OFF' }}}}")));
            config.insert("device_class".to_owned(), json!(class));
            (self.config("binary_sensor", &device.id, field), Value::Object(config))
        });
        sensors.chain(switches).collect()
    }

    fn entity(&self, device: &Device, field: &str, title: &str) -> Map<String, Value> {
        let own = format!("argus_{}", sanitised(&device.id));
        let mut about = json!({ "identifiers": [own], "name": device.name });
        for (name, value) in [("manufacturer", &device.manufacturer), ("model", &device.model), ("sw_version", &device.firmware)] {
            if let Some(value) = value {
                about[name] = json!(value);
            }
        }
        let config = json!({
            "name": title,
            "unique_id": format!("{own}_{field}"),
            "state_topic": self.state(&device.id),
            "availability_topic": self.availability(),
            "device": about,
        });
        config.as_object().cloned().unwrap_or_default()
    }
}

/// An id inside a topic: wildcards and separators cannot stand there.
fn plain(id: &str) -> String {
    id.replace(['/', '+', '#', '\0'], "_")
}

/// State and power of the outlets by their index.
pub fn outlet_states(outlets: &[Outlet]) -> Value {
    let one = |o: &Outlet| (o.id.clone(), json!({ "state": o.state, "power_watts": o.power_watts, "current_amps": o.current_amps }));
    Value::Object(outlets.iter().map(one).collect())
}

/// What a command wants of an outlet; the error says what it lacks. The id in it must be that of the device.
pub fn read_command(payload: &[u8], device_id: &str) -> Result<Switch, &'static str> {
    #[derive(serde::Deserialize)]
    struct Command {
        state: Switch,
        confirm: String,
    }
    let command: Command = serde_json::from_slice(payload).map_err(|_| "a command is JSON with state and confirm")?;
    if command.confirm == device_id { Ok(command.state) } else { Err("confirm must be the device's id") }
}

/// The state of a device. One that does not answer has no values: nothing old passes for new.
pub fn state(values: Option<&Snapshot>, online: bool, on_battery: bool, kwh: Option<f64>) -> Value {
    let empty = Snapshot::default();
    let mut state = serde_json::to_value(values.filter(|_| online).unwrap_or(&empty)).unwrap_or_default();
    if let Some(map) = state.as_object_mut() {
        map.insert("online".to_owned(), json!(online));
        map.insert("on_battery".to_owned(), if online { json!(on_battery) } else { Value::Null });
        map.insert("energy_kwh_total".to_owned(), kwh.map_or(Value::Null, |k| json!((k * 1e6).round() / 1e6)));
    }
    state
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::model::input::merge;

    fn device() -> Device {
        let body =
            json!({"id": "nut:rack1@nas.lan", "name": "Rack 1", "type": "ups", "poller": "nut", "host": "nas.lan", "model": "Smart 980"});
        merge(None, body.as_object().unwrap(), None, Timestamp::from_secs(0), "manual").unwrap().device
    }

    fn topics() -> Topics {
        Topics { base: "argus".to_owned(), discovery: "homeassistant".to_owned() }
    }

    #[test]
    fn discovery_names_only_values_the_device_has() {
        let s = Snapshot { power_watts: Some(229.32), battery_percent: Some(100.0), ..Snapshot::default() };
        let all = topics().discovery(&device(), &state(Some(&s), true, false, Some(1.5)));
        let names: Vec<&str> = all.iter().map(|(topic, _)| topic.as_str()).collect();
        assert_eq!(
            names,
            [
                "homeassistant/sensor/argus_nut_rack1_nas_lan/power_watts/config",
                "homeassistant/sensor/argus_nut_rack1_nas_lan/battery_percent/config",
                "homeassistant/sensor/argus_nut_rack1_nas_lan/energy_kwh_total/config",
                "homeassistant/binary_sensor/argus_nut_rack1_nas_lan/on_battery/config",
                "homeassistant/binary_sensor/argus_nut_rack1_nas_lan/online/config",
            ]
        );
        let power = &all[0].1;
        assert_eq!(
            (&power["device_class"], &power["unit_of_measurement"], &power["state_class"]),
            (&json!("power"), &json!("W"), &json!("measurement"))
        );
        assert_eq!(power["state_topic"], "argus/nut:rack1@nas.lan/state");
        assert_eq!(power["value_template"], "{{ value_json.power_watts }}");
        assert_eq!(power["device"], json!({"identifiers": ["argus_nut_rack1_nas_lan"], "name": "Rack 1", "model": "Smart 980"}));
        assert_eq!(all[2].1["state_class"], "total_increasing");
        assert_eq!(all[3].1["device_class"], "problem");
        assert!(names.iter().all(|n| topics().retained("nut:rack1@nas.lan").iter().any(|t| t == n)));
    }

    #[test]
    fn state_of_a_silent_device_has_no_values() {
        let s = Snapshot { power_watts: Some(1.0), ..Snapshot::default() };
        let silent = state(Some(&s), false, true, None);
        assert_eq!((&silent["power_watts"], &silent["online"], &silent["on_battery"]), (&Value::Null, &json!(false), &Value::Null));
        assert_eq!(state(Some(&s), true, true, None)["on_battery"], true);
    }

    #[test]
    fn switch_is_offered_only_for_what_may_be_switched_and_its_command_comes_back() {
        let can = Outlet { id: "1.4".to_owned(), name: Some("server".to_owned()), switchable: true, ..Outlet::default() };
        let cannot = Outlet { switchable: false, id: "2".to_owned(), ..can.clone() };
        let all = topics().switches(&device(), &[(&can, Some("router")), (&cannot, None)], true);
        assert_eq!(all[0].0, "homeassistant/switch/argus_nut_rack1_nas_lan/outlet_1_4/config");
        let config = all[0].1.as_ref().unwrap();
        assert_eq!((&config["name"], all[1].1.is_none()), (&json!("router"), true));
        let topic = config["command_topic"].as_str().unwrap();
        let (spelled, outlet) = topics().addressed(topic).unwrap();
        assert!(Topics::is_of(spelled, "nut:rack1@nas.lan") && outlet == "1.4", "{topic}");
        let order = config["payload_off"].as_str().unwrap();
        assert_eq!(read_command(order.as_bytes(), "nut:rack1@nas.lan"), Ok(Switch::Off));
        assert!(read_command(order.as_bytes(), "other").is_err() && read_command(b"OFF", "nut:rack1@nas.lan").is_err());
        assert!(topics().switches(&device(), &[(&can, None)], false)[0].1.is_none());
        for bad in ["argus/a/outlet/1", "argus/a/b/outlet/1/set", "other/a/outlet/1/set", "argus/a/outlet/../set", "argus/a/outlet//set"] {
            assert_eq!(topics().addressed(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_command_is_an_order_or_a_fault(topic in "\\PC{0,40}", payload in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some((device, outlet)) = topics().addressed(&topic) {
                prop_assert!(!device.is_empty() && !outlet.is_empty());
            }
            if let Err(why) = read_command(&payload, "a") {
                prop_assert!(!why.is_empty());
            }
        }

        #[test]
        fn any_id_gives_topics_that_can_be_published_to(id in "\\PC{1,40}") {
            for topic in topics().retained(&id) {
                prop_assert!(argos_mqtt::is_topic(&topic), "{}", topic);
            }
        }
    }
}
