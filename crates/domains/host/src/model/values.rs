//! The snapshot as a flat map of numbers: what conditions and `/api/metrics/available` read. Both spellings of a
//! name are there; temperatures are numbers, list items are `key[i].field` and, with a name, `key[name].field`.

use std::collections::BTreeMap;

use serde_json::Value;

/// Name to number, in alphabetical order.
pub(crate) type Values = BTreeMap<String, f64>;

/// Name to text of the same snapshot: states and words a condition can compare.
pub(crate) type Texts = BTreeMap<String, String>;

/// The texts of a rendered snapshot under the same names.
pub(crate) fn texts(snapshot: &Value) -> Texts {
    let mut out = Texts::new();
    for (key, value) in snapshot.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => drop(out.insert(key.clone(), text.clone())),
            Value::Array(items) => {
                for (i, fields) in items.iter().enumerate().filter_map(|(i, item)| item.as_object().map(|f| (i, f))) {
                    for (field, text) in fields.iter().filter_map(|(f, v)| v.as_str().map(|t| (f, t))) {
                        out.insert(format!("{key}[{i}].{field}"), text.to_owned());
                        out.extend(name_of(fields).map(|name| (format!("{key}[{name}].{field}"), text.to_owned())));
                    }
                }
            }
            _ => {}
        }
    }
    out
}

/// What tells the items of a list apart.
fn name_of(fields: &serde_json::Map<String, Value>) -> Option<&str> {
    let names = ["mount", "name", "device", "ip", "hostname", "sensor", "resource"];
    names.iter().find_map(|n| fields.get(*n)).and_then(Value::as_str)
}

/// Flattens a rendered snapshot.
pub(crate) fn flatten(snapshot: &Value) -> Values {
    let mut out = Values::new();
    let Some(object) = snapshot.as_object() else { return out };
    for (key, value) in object {
        match value {
            Value::Array(items) => list(&mut out, key, items),
            Value::Object(fields) => {
                for (field, v) in fields {
                    put(&mut out, format!("{key}.{field}"), v);
                }
            }
            _ => put(&mut out, key.clone(), value),
        }
    }
    // The documented camelCase names of temperatures hold text; a condition wants the number.
    for (camel, snake) in [("cpuTemp", "cpu_temp"), ("gpuTemp", "gpu_temp")] {
        if let Some(v) = out.get(snake).copied() {
            out.insert(camel.to_owned(), v);
        }
    }
    let worst = |prefix: &str, out: &Values| {
        let of_list = out.iter().filter(|(k, _)| k.starts_with(&format!("{prefix}[")) && k.ends_with(".percent"));
        of_list.map(|(_, v)| *v).fold(None, |a: Option<f64>, b| Some(a.map_or(b, |a| a.max(b))))
    };
    if let Some(v) = worst("disks", &out) {
        out.insert("disk_percent".to_owned(), v);
    }
    out
}

fn put(out: &mut Values, key: String, value: &Value) {
    match value {
        Value::Number(n) => drop(n.as_f64().map(|v| out.insert(key, v))),
        Value::Bool(b) => drop(out.insert(key, f64::from(u8::from(*b)))),
        _ => {}
    }
}

fn list(out: &mut Values, key: &str, items: &[Value]) {
    for (i, item) in items.iter().enumerate() {
        let Some(fields) = item.as_object() else {
            put(out, format!("{key}[{i}]"), item);
            continue;
        };
        let name = name_of(fields);
        for (field, value) in fields {
            put(out, format!("{key}[{i}].{field}"), value);
            if let Some(name) = name {
                put(out, format!("{key}[{name}].{field}"), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_reached_by_index_and_by_name() {
        let v = flatten(&json!({
            "cpu_percent": 12.5, "cpu_temp": 40.0, "cpuTemp": "40°C", "os": "x", "gpu_temp": null,
            "disks": [{"mount": "/", "percent": 40}, {"mount": "/data", "percent": 91}],
            "services": [{"name": "nginx", "active": true}],
            "memory": {"percent": 61.0}
        }));
        assert_eq!(v["disks[0].percent"], 40.0);
        assert_eq!(v["disks[/data].percent"], 91.0);
        assert_eq!(v["services[nginx].active"], 1.0);
        assert_eq!(v["disk_percent"], 91.0);
        assert_eq!(v["cpuTemp"], 40.0);
        assert_eq!(v["memory.percent"], 61.0);
        assert!(!v.contains_key("os") && !v.contains_key("gpu_temp"));
    }

    #[test]
    fn words_are_reached_by_name_too() {
        let t = texts(&json!({ "os": "Debian", "services": [{"name": "nginx", "status": "failed"}] }));
        assert_eq!(t["services[nginx].status"], "failed");
        assert_eq!(t["os"], "Debian");
    }
}
