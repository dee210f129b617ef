//! Units from the output of `systemctl list-units` and `systemctl show`.
//!
//! Both the JSON of newer and the table of older versions are read. Properties:
//! org.freedesktop.systemd1(5).

use serde::Serialize;
use serde_json::Value;

/// Properties to ask `systemctl show --property=` for; `parse_show` reads these.
pub const SHOW_PROPERTIES: &str = "Id,LoadState,ActiveState,SubState,UnitFileState,Description,MainPID,MemoryCurrent,CPUUsageNSec,TasksCurrent,NRestarts,Result,ActiveEnterTimestampMonotonic";

/// One unit. `list-units` fills the first five fields only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unit {
    pub name: String,
    /// `loaded`, `not-found`, `masked`, `error`, `bad-setting`.
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`.
    pub active: String,
    /// State within its kind, such as `running`, `exited`, `dead`.
    pub sub: String,
    pub description: String,
    /// `enabled`, `disabled`, `static`, `masked` and so on.
    pub file_state: Option<String>,
    pub main_pid: Option<u32>,
    pub memory_bytes: Option<u64>,
    pub cpu_ns: Option<u64>,
    pub tasks: Option<u64>,
    pub restarts: Option<u32>,
    /// How it last ended: `success`, `exit-code`, `signal`, `timeout`, `oom-kill` and so on.
    pub result: Option<String>,
    /// When it last became active, microseconds after boot.
    pub active_since_boot_us: Option<u64>,
}

impl Unit {
    /// systemd knows a unit of this name.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.load != "not-found"
    }
}

/// Parses `systemctl list-units`, as JSON (`--output=json`) or as a table
/// (`--plain --no-legend --no-pager`). Lines and rows of another shape are left out.
#[must_use]
pub fn parse_list(text: &str) -> Vec<Unit> {
    if !text.trim_start().starts_with('[') {
        return text.lines().filter_map(parse_row).collect();
    }
    let rows: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let parse = |row: &Value| {
        let field = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Unit {
            name: field("unit")?,
            load: field("load")?,
            active: field("active")?,
            sub: field("sub")?,
            description: field("description").unwrap_or_default(),
            ..Unit::default()
        })
    };
    rows.iter().filter_map(parse).collect()
}

fn parse_row(line: &str) -> Option<Unit> {
    // A failed unit is marked with a dot unless --plain.
    let line = line.trim_start_matches(['●', '○', '×', '*', '↻']).trim();
    let mut rest = line;
    let mut field = || {
        let (field, tail) = rest.split_once(char::is_whitespace)?;
        rest = tail.trim_start();
        Some(field.to_owned())
    };
    let (name, load, active) = (field()?, field()?, field()?);
    if !name.contains('.') {
        return None;
    }
    let (sub, description) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Some(Unit { name, load, active, sub: sub.to_owned(), description: description.trim().to_owned(), ..Unit::default() })
}

/// Parses `systemctl show` of one or more units: blocks of `Key=value` with an empty line between.
/// Blocks without `Id` are left out.
#[must_use]
pub fn parse_show(text: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut unit = Unit::default();
    for line in text.lines().chain([""]) {
        if line.is_empty() {
            let done = std::mem::take(&mut unit);
            if !done.name.is_empty() {
                units.push(done);
            }
        } else if let Some((key, value)) = line.split_once('=') {
            unit.set(key, value);
        }
    }
    units
}

impl Unit {
    fn set(&mut self, key: &str, value: &str) {
        match key {
            "Id" => value.clone_into(&mut self.name),
            "LoadState" => value.clone_into(&mut self.load),
            "ActiveState" => value.clone_into(&mut self.active),
            "SubState" => value.clone_into(&mut self.sub),
            "Description" => value.clone_into(&mut self.description),
            "UnitFileState" => self.file_state = words(value),
            "Result" => self.result = words(value),
            "MainPID" => self.main_pid = value.parse().ok().filter(|pid| *pid != 0),
            "MemoryCurrent" => self.memory_bytes = amount(value),
            "CPUUsageNSec" => self.cpu_ns = amount(value),
            "TasksCurrent" => self.tasks = amount(value),
            "NRestarts" => self.restarts = value.parse().ok(),
            "ActiveEnterTimestampMonotonic" => {
                self.active_since_boot_us = amount(value).filter(|us| *us != 0);
            }
            _ => {}
        }
    }
}

fn words(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// `[not set]`, or the largest number in older versions, when accounting is off.
fn amount(value: &str) -> Option<u64> {
    value.parse().ok().filter(|amount| *amount != u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_as_json_and_as_table_say_the_same() {
        let json = r#"[{"unit":"ssh.service","load":"loaded","active":"active","sub":"running","description":"OpenBSD Secure Shell server"},{"unit":"x.service"}]"#;
        let table = "ssh.service                  loaded    active   running OpenBSD Secure Shell server\n";
        assert_eq!(parse_list(json).len(), 1);
        assert_eq!(parse_list(json), parse_list(table));
    }

    #[test]
    fn list_table_with_marks_and_legend() {
        let table = "  UNIT LOAD ACTIVE SUB DESCRIPTION\n● nginx.service loaded failed failed A high performance web server\n  a.mount not-found inactive dead a.mount\n\nLOAD   = Reflects whether\n2 loaded units listed.\n";
        let units = parse_list(table);
        let names: Vec<_> = units.iter().map(|unit| (unit.name.as_str(), unit.active.as_str())).collect();
        assert_eq!(names, [("nginx.service", "failed"), ("a.mount", "inactive")]);
        assert!(units.iter().any(|unit| !unit.exists()));
    }

    #[test]
    fn show_of_two_units_is_read() {
        let text = "Id=ssh.service\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nDescription=OpenBSD = Secure Shell\nMainPID=812\nMemoryCurrent=5373952\nCPUUsageNSec=[not set]\nTasksCurrent=18446744073709551615\nNRestarts=0\nResult=success\nActiveEnterTimestampMonotonic=11211000\n\nMainPID=0\nId=gone.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nActiveEnterTimestampMonotonic=0\n";
        let units = parse_show(text);
        let [ssh, gone] = units.as_slice() else { panic!("two units") };
        assert_eq!((ssh.main_pid, ssh.memory_bytes), (Some(812), Some(5_373_952)));
        assert_eq!((ssh.cpu_ns, ssh.tasks, ssh.restarts), (None, None, Some(0)));
        assert_eq!(ssh.description, "OpenBSD = Secure Shell");
        assert_eq!(ssh.active_since_boot_us, Some(11_211_000));
        assert!(!gone.exists());
        assert_eq!((gone.main_pid, gone.active_since_boot_us), (None, None));
    }
}
