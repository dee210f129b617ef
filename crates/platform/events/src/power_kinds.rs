//! Kinds of the power part (power spec D.4). Their bare names are aliases.

use argos_kernel::Severity::{Critical, Error, Info, Warning};

use crate::event::Source::Power;
use crate::kinds::{Kind, Retention};

const fn kind(
    kind: &'static str,
    severity: argos_kernel::Severity,
    about: &'static str,
    sample: &'static str,
    alias: &'static [&'static str],
) -> Kind {
    Kind { retention: Retention::Power, ..Kind::new(kind, Power, severity, about, sample).aka(alias) }
}

/// Every kind the domain power publishes.
pub const POWER: &[Kind] = &[
    kind(
        "power.on_battery",
        Error,
        "A UPS runs on its battery.",
        r#"{"previous_status":"OL CHRG","current_status":"OB DISCHRG","battery_percent":100,"load_percent":23.4,"runtime_seconds":3690}"#,
        &["on_battery"],
    ),
    kind(
        "power.power_restored",
        Info,
        "The mains are back.",
        r#"{"previous_status":"OB LB","current_status":"OL CHRG","battery_percent":16,"outage_seconds":312,"outage_id":7}"#,
        &["power_restored"],
    )
    .ends("power.on_battery"),
    kind(
        "power.battery_low",
        Critical,
        "The battery is low.",
        r#"{"battery_percent":15,"threshold":20,"reason":"lb_flag"}"#,
        &["battery_low"],
    ),
    kind(
        "power.battery_recovered",
        Info,
        "The battery is charged again.",
        r#"{"battery_percent":26,"threshold":20}"#,
        &["battery_recovered"],
    )
    .ends("power.battery_low"),
    kind(
        "power.on_battery_lasts",
        Error,
        "A UPS has been on its battery for the set time.",
        r#"{"current_status":"OB DISCHRG","battery_percent":97,"on_battery_seconds":10}"#,
        &["on_battery_lasts"],
    ),
    kind("power.shutdown_cleared", Info, "A forced shutdown was taken back.", r#"{"actor":"ada"}"#, &["shutdown_cleared"])
        .ends("power.shutdown_initiated"),
    kind(
        "power.battery_depleted",
        Critical,
        "The battery is empty.",
        r#"{"battery_percent":0,"runtime_seconds":0}"#,
        &["battery_depleted"],
    ),
    kind(
        "power.shutdown_initiated",
        Critical,
        "What hangs on the UPS must shut down.",
        r#"{"battery_percent":5,"floor_percent":5,"trigger":"battery_floor"}"#,
        &["shutdown_initiated"],
    ),
    kind(
        "power.shutdown_step",
        Error,
        "A step of a shutdown plan is over.",
        r#"{"plan_id":1,"plan":"Rack 1","run_id":3,"phase":10,"host":"root@nas:22","kind":"ssh","direction":"shutdown","state":"done","result":"exit 0"}"#,
        &["shutdown_step"],
    ),
    kind(
        "power.shutdown_cancelled",
        Info,
        "A shutdown plan does not go on.",
        r#"{"plan_id":1,"plan":"Rack 1","run_id":3,"by":"system","why":"power_return"}"#,
        &["shutdown_cancelled"],
    ),
    kind("power.restore_started", Info, "Hosts are started again.", r#"{"plan_id":1,"plan":"Rack 1","run_id":3}"#, &["restore_started"]),
    kind("power.restore_done", Info, "The hosts were started again.", r#"{"plan_id":1,"plan":"Rack 1","run_id":3}"#, &["restore_done"]),
    kind("power.fsd", Critical, "A forced shutdown was ordered.", r#"{"flag":"FSD"}"#, &["fsd"]),
    kind(
        "power.threshold_crossed",
        Warning,
        "Load or temperature reached its limit.",
        r#"{"metric":"load_percent","value":92.5,"threshold":90}"#,
        &["threshold_crossed"],
    ),
    kind(
        "power.device_offline",
        Critical,
        "A device does not answer.",
        r#"{"missed_polls":12,"threshold":3,"last_error":"connection refused"}"#,
        &["device_offline"],
    ),
    kind("power.device_online", Info, "The device answers again.", r#"{"missed_polls":12,"offline_seconds":180}"#, &["device_online"])
        .ends("power.device_offline"),
    kind(
        "power.access_refused",
        Warning,
        "A device or its server refuses the stored credentials; it is asked once a minute until somebody corrects them.",
        r#"{"last_error":"the NUT server refused: ACCESS-DENIED"}"#,
        &["access_refused"],
    ),
    kind(
        "power.monitoring_failed",
        Critical,
        "No device answered for several cycles.",
        r#"{"failure_count":3,"last_error":"connection refused"}"#,
        &["monitoring_failed"],
    ),
    kind("power.monitoring_recovered", Info, "Devices answer again.", r#"{"failure_count":5}"#, &["monitoring_recovered"])
        .ends("power.monitoring_failed"),
    kind("power.comm_degraded", Info, "Many polls of a device fail.", r#"{"failed":8,"polls":60}"#, &["comm_degraded"]),
    kind("power.overload", Error, "A UPS carries more than it should.", r#"{"load_percent":112}"#, &["overload"]),
    kind("power.overload_cleared", Info, "The overload is over.", r#"{"load_percent":62}"#, &["overload_cleared"]).ends("power.overload"),
    kind("power.replace_battery", Warning, "A UPS asks for a new battery.", r#"{"flag":"RB"}"#, &["replace_battery"]),
    kind("power.bypass_on", Warning, "A UPS feeds its load past itself.", r#"{"flag":"BYPASS"}"#, &["bypass_on"]),
    kind("power.bypass_off", Info, "The UPS protects its load again.", r#"{"flag":"BYPASS"}"#, &["bypass_off"]).ends("power.bypass_on"),
    kind("power.calibration", Warning, "A UPS calibrates its battery.", r#"{"flag":"CAL"}"#, &["calibration"]),
    kind("power.device_alarm", Warning, "A device reports an alarm.", r#"{"flag":"ALARM","alarm":"Replace battery!"}"#, &["device_alarm"]),
    kind(
        "power.device_alarm_cleared",
        Info,
        "The device reports no alarm any more.",
        r#"{"alarm":"Replace battery!"}"#,
        &["device_alarm_cleared"],
    )
    .ends("power.device_alarm"),
    kind("power.battery_test_result", Warning, "A battery test ended.", r#"{"result":"Done and passed"}"#, &["battery_test_result"]),
    kind(
        "power.voltage_abnormal",
        Warning,
        "The input voltage is off.",
        r#"{"value":201,"nominal":230,"deviation_percent":-12.6}"#,
        &["voltage_abnormal"],
    ),
    kind(
        "power.voltage_normal",
        Info,
        "The input voltage is right again.",
        r#"{"value":229,"nominal":230,"deviation_percent":-0.4}"#,
        &["voltage_normal"],
    )
    .ends("power.voltage_abnormal"),
    kind(
        "power.snmp_trap",
        Info,
        "A device told something unasked and was asked at once.",
        r#"{"oid":"1.3.6.1.2.1.33.2.1","trap":"on_battery"}"#,
        &["snmp_trap"],
    ),
    kind(
        "power.command_run",
        Info,
        "Somebody told a device to do something.",
        r#"{"command":"beeper.mute","value":null,"actor":"ada"}"#,
        &["command_run"],
    ),
    kind(
        "power.config_changed",
        Info,
        "Somebody changed a device, a plan, the tariff or a setting of the power part.",
        r#"{"what":"device Rack 1","verb":"changed","actor":"ada"}"#,
        &["config_changed"],
    ),
    kind(
        "power.outlet_changed",
        Info,
        "An outlet was switched.",
        r#"{"outlet":"3","name":"spare","from":"off","to":"on","actor":"ada"}"#,
        &["outlet_changed"],
    ),
];
