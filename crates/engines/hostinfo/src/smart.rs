//! Disk health from the JSON output of `smartctl`, and the risk score drawn from it.
//!
//! The caller runs `smartctl --json=c -x <device>` and `smartctl --json=c --scan`. What a disk does
//! not report stays unknown. Format: smartmontools `smartctl(8)`, `--json`; attribute numbers as in
//! ATA ACS-4 practice, NVMe fields as in the SMART / Health log of the NVMe base specification.

use crate::smart_attribute;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Arguments before the device whose output `parse_report` reads.
pub const SMARTCTL_ARGUMENTS: [&str; 2] = ["--json=c", "-x"];
/// Arguments whose output `parse_scan` reads.
pub const SMARTCTL_SCAN_ARGUMENTS: [&str; 2] = ["--json=c", "--scan"];

/// A device smartctl found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScannedDevice {
    /// Path to hand to smartctl, such as `/dev/sda`.
    pub name: String,
    /// Value for `-d`, such as `sat`, `nvme`, `megaraid,0`.
    pub kind: Option<String>,
    pub protocol: Option<String>,
}

/// What is known of one disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SmartDisk {
    pub device: String,
    pub protocol: Option<String>,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    pub wwn: Option<String>,
    pub capacity_bytes: Option<u64>,
    /// Revolutions per minute, 0 for solid state.
    pub rotation_rpm: Option<u64>,
    /// The disk's own verdict.
    pub smart_ok: Option<bool>,
    pub temp_c: Option<f64>,
    pub power_on_hours: Option<u64>,
    /// 0 (nothing found) to 100 (the disk says it fails); `None` when the disk reported nothing
    /// that could be judged.
    pub risk_score: Option<u8>,
    /// Counters by name. ATA: `reallocated_sectors`, `wear_leveling_count`, `pending_sectors`,
    /// `uncorrectable_sectors`, `ssd_life_left_pct`, `nand_writes_gb`. NVMe: `percentage_used`,
    /// `available_spare_pct`, `available_spare_threshold_pct`, `critical_warning`, `media_errors`,
    /// `unsafe_shutdowns`, `data_read_bytes`, `data_written_bytes`. SCSI: `grown_defects`,
    /// `uncorrectable_sectors`, `percentage_used`.
    pub attributes: BTreeMap<&'static str, u64>,
}

/// Why there is no report of a disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SmartFailure {
    /// `None` when not even the device could be read from the output.
    pub device: Option<String>,
    pub error: String,
}

impl std::fmt::Display for SmartFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.device.as_deref().unwrap_or("unknown device"), self.error)
    }
}

impl std::error::Error for SmartFailure {}

/// Parses the device list.
///
/// # Errors
/// The text is not JSON, or smartctl reports an error instead of devices.
pub fn parse_scan(text: &str) -> Result<Vec<ScannedDevice>, SmartFailure> {
    let root = parse_json(text)?;
    let Some(devices) = root.get("devices").and_then(Value::as_array) else {
        // Without any disk smartctl leaves the list out.
        return error_message(&root).map_or(Ok(Vec::new()), |error| Err(SmartFailure { device: None, error }));
    };
    let parse = |device: &Value| {
        Some(ScannedDevice { name: string(device, "/name")?, kind: string(device, "/type"), protocol: string(device, "/protocol") })
    };
    Ok(devices.iter().filter_map(parse).collect())
}

/// Parses the report on one disk.
///
/// # Errors
/// The text is not JSON, or smartctl could not open the device or found no disk behind it (a disk in
/// standby included); the error carries its message.
pub fn parse_report(text: &str) -> Result<SmartDisk, SmartFailure> {
    /// Command line not parsed, device not opened.
    const EXIT_NO_DEVICE: u64 = 0b11;
    let root = parse_json(text)?;
    let device = string(&root, "/device/name");
    let exit = number(&root, "/smartctl/exit_status").unwrap_or(0);
    let fail = |error: String| SmartFailure { device: device.clone(), error };
    if exit & EXIT_NO_DEVICE != 0 {
        let error = error_message(&root);
        return Err(fail(error.unwrap_or_else(|| format!("smartctl exit status {exit}"))));
    }
    let Some(name) = device.clone() else {
        return Err(fail(error_message(&root).unwrap_or_else(|| "no device in the report".to_owned())));
    };
    let mut disk = SmartDisk {
        device: name,
        protocol: string(&root, "/device/protocol"),
        model: string(&root, "/model_name").or_else(|| string(&root, "/scsi_model_name")),
        serial: string(&root, "/serial_number"),
        firmware: string(&root, "/firmware_version"),
        wwn: wwn(&root),
        capacity_bytes: number(&root, "/user_capacity/bytes").or_else(|| number(&root, "/nvme_total_capacity")),
        rotation_rpm: number(&root, "/rotation_rate"),
        smart_ok: root.pointer("/smart_status/passed").and_then(Value::as_bool),
        temp_c: root.pointer("/temperature/current").and_then(Value::as_f64).filter(|celsius| *celsius > 0.0),
        power_on_hours: number(&root, "/power_on_time/hours"),
        risk_score: None,
        attributes: smart_attribute::collect(&root),
    };
    disk.risk_score = risk_score(&disk);
    Ok(disk)
}

/// The highest of: failed self-assessment 100, uncorrectable sectors 75, reallocated sectors 60,
/// pending sectors 50, more than 90 % of the endurance used 50, less than 10 % spare 50, hotter than
/// 55 °C 40; else 0.
#[must_use]
pub fn risk_score(disk: &SmartDisk) -> Option<u8> {
    let of = |name: &str| disk.attributes.get(name).copied();
    if disk.smart_ok.is_none() && disk.temp_c.is_none() && disk.attributes.is_empty() {
        return None;
    }
    let any = |name: &str| of(name).is_some_and(|count| count > 0);
    let findings = [
        (disk.smart_ok == Some(false), 100),
        (any("uncorrectable_sectors") || any("media_errors"), 75),
        (any("reallocated_sectors") || any("grown_defects"), 60),
        (any("pending_sectors"), 50),
        (of("percentage_used").is_some_and(|used| used > 90), 50),
        (of("available_spare_pct").is_some_and(|spare| spare < 10), 50),
        (disk.temp_c.is_some_and(|celsius| celsius > 55.0), 40),
    ];
    Some(findings.into_iter().filter_map(|(found, score)| found.then_some(score)).max().unwrap_or(0))
}

fn wwn(root: &Value) -> Option<String> {
    let part = |field: &str| number(root, &format!("/wwn/{field}"));
    Some(format!("0x{:x}{:06x}{:09x}", part("naa")?, part("oui")?, part("id")?))
}

fn error_message(root: &Value) -> Option<String> {
    let messages = root.pointer("/smartctl/messages").and_then(Value::as_array)?;
    let is_error = |message: &&Value| string(message, "/severity").as_deref() == Some("error");
    let chosen = messages.iter().find(is_error).or_else(|| messages.first())?;
    string(chosen, "/string")
}

fn parse_json(text: &str) -> Result<Value, SmartFailure> {
    serde_json::from_str(text).map_err(|error| SmartFailure { device: None, error: format!("not a smartctl report: {error}") })
}

pub(crate) fn string(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

pub(crate) fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer)?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(attributes: &[(&'static str, u64)]) -> SmartDisk {
        SmartDisk { smart_ok: Some(true), temp_c: Some(30.0), attributes: attributes.iter().copied().collect(), ..SmartDisk::default() }
    }

    #[test]
    fn risk_is_the_worst_finding() {
        for (attributes, score) in [
            (&[][..], 0),
            (&[("uncorrectable_sectors", 1), ("reallocated_sectors", 9)], 75),
            (&[("reallocated_sectors", 1), ("pending_sectors", 1)], 60),
            (&[("pending_sectors", 1)], 50),
            (&[("percentage_used", 91)], 50),
            (&[("percentage_used", 90), ("available_spare_pct", 10)], 0),
            (&[("available_spare_pct", 9)], 50),
        ] {
            assert_eq!(risk_score(&disk(attributes)), Some(score), "{attributes:?}");
        }
        assert_eq!(risk_score(&SmartDisk { smart_ok: Some(false), ..disk(&[]) }), Some(100));
        assert_eq!(risk_score(&SmartDisk { temp_c: Some(55.1), ..disk(&[]) }), Some(40));
        assert_eq!(risk_score(&SmartDisk { temp_c: Some(55.0), ..disk(&[]) }), Some(0));
        assert_eq!(risk_score(&SmartDisk::default()), None);
    }

    #[test]
    fn scan_lists_devices() {
        let text = r#"{"smartctl":{"exit_status":0},"devices":[{"name":"/dev/sda","info_name":"/dev/sda [SAT]","type":"sat","protocol":"ATA"},{"name":"/dev/nvme0","type":"nvme","protocol":"NVMe"},{"type":"x"}]}"#;
        let devices = parse_scan(text).expect("devices");
        assert_eq!(devices.len(), 2);
        assert_eq!(devices.first().and_then(|device| device.kind.as_deref()), Some("sat"));
        assert_eq!(parse_scan(r#"{"smartctl":{"exit_status":0}}"#), Ok(Vec::new()));
        assert!(parse_scan("smartctl: not found").is_err());
    }

    #[test]
    fn report_of_a_sleeping_disk_is_its_message() {
        let text = r#"{"smartctl":{"messages":[{"string":"Device is in STANDBY mode, exit(2)","severity":"information"}],"exit_status":2},"device":{"name":"/dev/sda"}}"#;
        let failure = parse_report(text).expect_err("no report");
        assert_eq!(failure.device.as_deref(), Some("/dev/sda"));
        assert_eq!(failure.to_string(), "/dev/sda: Device is in STANDBY mode, exit(2)");
    }
}
