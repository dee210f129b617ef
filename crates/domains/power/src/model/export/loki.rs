//! Loki push bodies: one stream a device, events in a stream of their own kind, values in the order of time.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Body, Point};

/// The body for a batch.
pub fn push(job: &str, points: &[Point]) -> Value {
    let mut streams: BTreeMap<(String, String, bool), Vec<(i128, String)>> = BTreeMap::new();
    for point in points {
        let (event, line) = match &point.body {
            Body::Sample(values) => (false, sample_line(point, values)),
            Body::Event(event) => (true, event.to_string()),
        };
        let key = (point.device_id.clone(), point.device_type.clone(), event);
        streams.entry(key).or_default().push((point.nanos(), line));
    }
    let of = |((device_id, device_type, event), mut values): ((String, String, bool), Vec<(i128, String)>)| {
        values.sort_by_key(|(at, _)| *at);
        let mut labels = json!({ "job": job, "device_id": device_id, "device_type": device_type });
        if event {
            labels["kind"] = json!("event");
        }
        let values: Vec<Value> = values.into_iter().map(|(at, line)| json!([at.to_string(), line])).collect();
        json!({ "stream": labels, "values": values })
    };
    json!({ "streams": streams.into_iter().map(of).collect::<Vec<_>>() })
}

/// A push that proves address and reachability.
pub fn trial(job: &str, at_nanos: i128) -> Value {
    json!({ "streams": [{ "stream": { "job": job, "kind": "test" }, "values": [[at_nanos.to_string(), "Argos can write here"]] }] })
}

fn sample_line(point: &Point, values: &crate::model::snapshot::Snapshot) -> String {
    let mut line = serde_json::to_value(values).unwrap_or_default();
    if let Some(map) = line.as_object_mut() {
        map.insert("timestamp".to_owned(), json!(point.at.rfc3339()));
        map.insert("device_id".to_owned(), json!(point.device_id));
        map.insert("device_type".to_owned(), json!(point.device_type));
    }
    line.to_string()
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;

    use super::*;
    use crate::model::device::DeviceType;
    use crate::model::snapshot::Snapshot;

    #[test]
    fn batch_is_grouped_by_device_and_kind_in_the_order_of_time() {
        let sample = |secs, id: &str, watts| {
            let values = Snapshot { power_watts: Some(watts), ..Snapshot::default() };
            Point::sample(Timestamp::from_secs(secs), id, DeviceType::Ups, values)
        };
        let event = Point { body: Body::Event(json!({"event_type": "on_battery"})), ..sample(3, "a", 0.0) };
        let body = push("argus_power", &[sample(5, "a", 2.0), sample(4, "a", 1.0), event, sample(4, "b", 9.0)]);
        let streams = body["streams"].as_array().unwrap();
        assert_eq!(streams.len(), 3);
        assert_eq!(streams[0]["stream"], json!({"job": "argus_power", "device_id": "a", "device_type": "ups"}));
        assert_eq!((&streams[0]["values"][0][0], &streams[0]["values"][1][0]), (&json!("4000000000"), &json!("5000000000")));
        assert!(streams[0]["values"][0][1].as_str().unwrap().contains("\"power_watts\":1.0"));
        assert_eq!(streams[1]["stream"]["kind"], "event");
        assert_eq!(streams[1]["values"][0][1], "{\"event_type\":\"on_battery\"}");
    }
}
