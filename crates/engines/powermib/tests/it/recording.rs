//! Reads the record files of the simulator without it.

use std::path::PathBuf;

use argos_powermib::{Answers, Profile, Reading};
use argos_snmp::{Value, VarBind};

pub(crate) fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

pub(crate) fn bindings(name: &str) -> Vec<VarBind> {
    let text = std::fs::read_to_string(directory().join(format!("{name}.snmprec"))).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<&str> = line.splitn(3, '|').collect();
            let [oid, kind, text] = parts[..] else { panic!("{name}: {line}") };
            let kind = kind.split(':').next().unwrap();
            let text = text.strip_prefix("value=").unwrap_or(text);
            let value = match kind {
                "2" => Value::Integer(text.parse().unwrap()),
                "4" => Value::OctetString(text.into()),
                "6" => Value::Oid(text.parse().unwrap()),
                "65" => Value::Counter32(text.parse().unwrap()),
                "66" => Value::Gauge32(text.parse().unwrap()),
                "67" => Value::TimeTicks(text.parse().unwrap()),
                other => panic!("{name}: type {other}"),
            };
            VarBind { oid: oid.parse().unwrap(), value }
        })
        .collect()
}

/// What the profile of this name reads from its recording.
pub(crate) fn reading(name: &str) -> Reading {
    let answers: Answers = bindings(name).into_iter().collect();
    Profile::from_name(name).unwrap().read(&answers)
}

/// Reading after some variables were replaced.
pub(crate) fn reading_with(name: &str, changes: &[(&str, Value)]) -> Reading {
    let profile = Profile::from_name(name).unwrap();
    let mut answers: Answers = bindings(name).into_iter().collect();
    answers.extend(changes.iter().map(|(tail, value)| {
        let tail: Vec<u32> = tail.split('.').map(|part| part.parse().unwrap()).collect();
        VarBind { oid: argos_snmp::Oid::new(profile.base()).child(&tail), value: value.clone() }
    }));
    profile.read(&answers)
}
