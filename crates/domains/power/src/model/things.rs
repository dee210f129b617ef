//! What of the power part stands in the inventory: every device, and the machines it feeds.

use argos_inventory::{Fact, Feed, Kind, LinkType, NewLink, NewThing, Status};

use super::device::{Device, DeviceType};
use super::state::DeviceState;

/// The kinds this domain feeds.
pub const KINDS: &[Kind] = &[
    Kind::new("ups", "power:read", "An uninterruptible power supply."),
    Kind::new("pdu", "power:read", "A power distribution unit."),
    Kind::new("sensor", "power:read", "A sensor for temperature or humidity."),
    Kind::new("bmc", "power:read", "A management controller that reports power."),
];

/// The reference of a device: `ups:nut:rack1@nas`.
pub fn reference(device: &Device) -> String {
    let kind = match device.kind {
        DeviceType::Ups => "ups",
        DeviceType::Pdu => "pdu",
        DeviceType::Sensor => "sensor",
        DeviceType::Host => "bmc",
    };
    format!("{kind}:{}", device.id)
}

/// State and word of a device. `connection` is `online`, `stale`, `offline`, `disabled` or `unknown`.
pub fn status(connection: &'static str, state: &DeviceState) -> (Status, &'static str) {
    match connection {
        "disabled" => (Status::Paused, "disabled"),
        "offline" => (Status::Critical, "offline"),
        "unknown" => (Status::Unknown, "unknown"),
        _ if state.fsd || state.forced => (Status::Critical, "forced shutdown"),
        _ if state.on_battery && (state.low_flag || state.low_latched) => (Status::Critical, "battery low"),
        _ if state.on_battery => (Status::Warning, "on battery"),
        _ if state.overload || state.load_over => (Status::Warning, "overload"),
        _ if state.replace_battery => (Status::Warning, "replace battery"),
        _ if state.temperature_over => (Status::Warning, "too warm"),
        _ if state.voltage_abnormal => (Status::Warning, "voltage abnormal"),
        _ if state.bypass => (Status::Warning, "bypass"),
        "stale" => (Status::Warning, "stale"),
        _ => (Status::Ok, "online"),
    }
}

/// Everything the devices show now.
pub fn feed<'a>(devices: impl Iterator<Item = (&'a Device, &'static str, &'a DeviceState)>) -> Feed {
    let mut out = Feed { source: "power", things: Vec::new(), links: Vec::new() };
    for (device, connection, state) in devices {
        let (status, word) = status(connection, state);
        let reference = reference(device);
        for fed in device.feeds.iter().filter(|f| !f.trim().is_empty()) {
            // A feed names a machine, or any thing by its reference.
            let to = if fed.contains(':') { fed.clone() } else { format!("machine:{}", fed.trim()) };
            out.links.push(NewLink::new(to, LinkType::FedBy, &reference, format!("{} lists it among its feeds", device.name)));
        }
        let text = |name: &str, value: &Option<String>| value.as_deref().map(|v| Fact::text(name, v));
        let product: Vec<&str> = [&device.manufacturer, &device.model].into_iter().flatten().map(String::as_str).collect();
        let place: Vec<String> =
            [Some(product.join(" ")).filter(|p| !p.is_empty()), device.location.clone()].into_iter().flatten().collect();
        let thing = NewThing::new(&reference, &device.name, status, word)
            .detail(place.join(", "))
            .page(format!("/power/{}", device.id))
            .tags(device.tags.clone())
            .subject("power_device", &device.id)
            .keyword(Some(device.host.clone()).filter(|h| !h.is_empty()))
            .keyword(device.serial.clone())
            .keyword(device.group.clone())
            .fact(text("vendor", &device.manufacturer))
            .fact(text("model", &device.model))
            .fact(text("serial", &device.serial))
            .fact(text("firmware", &device.firmware))
            .fact(text("location", &device.location))
            .fact(Some(Fact::text("read_with", device.poller.as_str())))
            .fact(Some(Fact::text("address", format!("{}:{}", device.host, device.port))))
            .fact(device.rated_power_watts.map(|w| Fact::number("rated_power", &w, "W")));
        out.things.push(thing);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_judged_worst_first_and_silence_is_unknown() {
        let calm = DeviceState::default();
        let battery = DeviceState { on_battery: true, replace_battery: true, ..DeviceState::default() };
        let low = DeviceState { low_latched: true, ..battery.clone() };
        assert_eq!(status("online", &calm), (Status::Ok, "online"));
        assert_eq!(status("stale", &calm), (Status::Warning, "stale"));
        assert_eq!(status("unknown", &low), (Status::Unknown, "unknown"));
        assert_eq!(status("online", &battery), (Status::Warning, "on battery"));
        assert_eq!(status("stale", &low), (Status::Critical, "battery low"));
        assert_eq!(status("disabled", &low), (Status::Paused, "disabled"));
    }
}
