//! Reports of smartctl as disks of each protocol give them, shortened to the fields that matter.

use argos_hostinfo::smart::parse_report;

#[test]
fn smart_report_of_an_ata_disk_is_read() {
    let text = r#"{
      "json_format_version": [1, 0],
      "smartctl": {"version": [7, 3], "exit_status": 64, "messages": [{"string": "Warning: x", "severity": "warning"}]},
      "device": {"name": "/dev/sda", "info_name": "/dev/sda [SAT]", "type": "sat", "protocol": "ATA"},
      "model_family": "Western Digital Red", "model_name": "WDC WD40EFRX-68N32N0", "serial_number": "WD-WCC7K0000001",
      "wwn": {"naa": 5, "oui": 5358, "id": 49829467396}, "firmware_version": "82.00A82",
      "user_capacity": {"blocks": 7814037168, "bytes": 4000787030016}, "rotation_rate": 5400,
      "smart_status": {"passed": true},
      "ata_smart_attributes": {"revision": 16, "table": [
        {"id": 5, "name": "Reallocated_Sector_Ct", "value": 200, "worst": 200, "thresh": 140, "raw": {"value": 3, "string": "3"}},
        {"id": 9, "name": "Power_On_Hours", "value": 60, "raw": {"value": 29831, "string": "29831"}},
        {"id": 194, "name": "Temperature_Celsius", "value": 119, "raw": {"value": 31, "string": "31 (Min/Max 19/44)"}},
        {"id": 197, "name": "Current_Pending_Sector", "value": 200, "raw": {"value": 1, "string": "1"}},
        {"id": 198, "name": "Offline_Uncorrectable", "value": 100, "raw": {"value": 0, "string": "0"}}]},
      "power_on_time": {"hours": 29831}, "power_cycle_count": 88, "temperature": {"current": 31}
    }"#;
    let disk = parse_report(text).expect("report");
    assert_eq!((disk.device.as_str(), disk.protocol.as_deref()), ("/dev/sda", Some("ATA")));
    assert_eq!(disk.model.as_deref(), Some("WDC WD40EFRX-68N32N0"));
    assert_eq!(disk.serial.as_deref(), Some("WD-WCC7K0000001"));
    assert_eq!(disk.wwn.as_deref(), Some("0x50014eeb9a115504"));
    assert_eq!((disk.capacity_bytes, disk.rotation_rpm), (Some(4_000_787_030_016), Some(5400)));
    assert_eq!((disk.smart_ok, disk.temp_c, disk.power_on_hours), (Some(true), Some(31.0), Some(29_831)));
    assert_eq!(disk.risk_score, Some(60));
    let attributes: Vec<_> = disk.attributes.into_iter().collect();
    assert_eq!(attributes, [("pending_sectors", 1), ("reallocated_sectors", 3), ("uncorrectable_sectors", 0)]);
}

#[test]
fn smart_report_of_an_ata_solid_state_disk_has_wear() {
    let text = r#"{"smartctl": {"exit_status": 0}, "device": {"name": "/dev/sdb", "protocol": "ATA"}, "rotation_rate": 0,
      "smart_status": {"passed": true}, "ata_smart_attributes": {"table": [
        {"id": 177, "name": "Wear_Leveling_Count", "value": 97, "raw": {"value": 51, "string": "51"}},
        {"id": 231, "name": "SSD_Life_Left", "value": 94, "raw": {"value": 94, "string": "94"}},
        {"id": 233, "name": "NAND_GB_Written_TLC", "value": 100, "raw": {"value": 12034, "string": "12034"}}]}}"#;
    let disk = parse_report(text).expect("report");
    assert_eq!((disk.risk_score, disk.temp_c, disk.power_on_hours), (Some(0), None, None));
    let attributes: Vec<_> = disk.attributes.into_iter().collect();
    assert_eq!(attributes, [("nand_writes_gb", 12_034), ("ssd_life_left_pct", 94), ("wear_leveling_count", 51)]);
}

#[test]
fn smart_report_of_an_nvme_disk_is_read() {
    let text = r#"{"smartctl": {"exit_status": 0}, "device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
      "model_name": "Samsung SSD 980 PRO 1TB", "serial_number": "S5GX", "nvme_total_capacity": 1000204886016,
      "smart_status": {"passed": true, "nvme": {"value": 0}},
      "nvme_smart_health_information_log": {"critical_warning": 0, "temperature": 58, "available_spare": 100,
        "available_spare_threshold": 10, "percentage_used": 92, "data_units_read": 10, "data_units_written": 2000,
        "power_on_hours": 4242, "unsafe_shutdowns": 17, "media_errors": 0},
      "temperature": {"current": 58}, "power_on_time": {"hours": 4242}}"#;
    let disk = parse_report(text).expect("report");
    assert_eq!(disk.capacity_bytes, Some(1_000_204_886_016));
    assert_eq!((disk.temp_c, disk.power_on_hours), (Some(58.0), Some(4242)));
    assert_eq!(disk.risk_score, Some(50));
    assert_eq!(disk.attributes.get("percentage_used"), Some(&92));
    assert_eq!(disk.attributes.get("data_written_bytes"), Some(&1_024_000_000));
}

#[test]
fn smart_report_of_a_scsi_disk_is_read() {
    let text = r#"{"smartctl": {"exit_status": 0}, "device": {"name": "/dev/sdc", "protocol": "SCSI"},
      "scsi_model_name": "SEAGATE ST4000NM0023", "smart_status": {"passed": true}, "temperature": {"current": 40},
      "scsi_grown_defect_list": 0, "scsi_error_counter_log": {"read": {"total_uncorrected_errors": 2}, "write": {"total_uncorrected_errors": 1}}}"#;
    let disk = parse_report(text).expect("report");
    assert_eq!(disk.model.as_deref(), Some("SEAGATE ST4000NM0023"));
    assert_eq!(disk.attributes.get("uncorrectable_sectors"), Some(&3));
    assert_eq!(disk.risk_score, Some(75));
}

#[test]
fn smart_report_of_a_device_that_tells_nothing_has_no_score() {
    let text = r#"{"smartctl": {"exit_status": 4}, "device": {"name": "/dev/vda"}, "model_name": "QEMU", "temperature": {"current": 0}}"#;
    let disk = parse_report(text).expect("report");
    assert_eq!((disk.risk_score, disk.smart_ok, disk.temp_c), (None, None, None));
    let failure = parse_report(
        r#"{"smartctl": {"exit_status": 2, "messages": [{"string": "a note", "severity": "information"}, {"string": "/dev/sdz: Unable to detect device type", "severity": "error"}]}, "device": {"name": "/dev/sdz"}}"#,
    );
    assert_eq!(failure.expect_err("no device").error, "/dev/sdz: Unable to detect device type");
}
