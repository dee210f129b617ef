//! The rules every installation begins with (ops-core D.4, "built-in thresholds"). They are rows like any other; only
//! enabled, severity, channels and thresholds of them can be changed, and they cannot be deleted.

use argos_kernel::Severity;

use crate::model::rule::{AlertRule, Autonomy};

/// In the order they are listed. A weaker rule of a group stays quiet while a stronger one fires.
pub(crate) fn rules() -> Vec<AlertRule> {
    use Severity::{Error, Warning};
    let rule = |id: &str, group: &str, severity, name: &str, condition: &str, message: &str| AlertRule {
        name: name.to_owned(),
        message: message.to_owned(),
        severity,
        group: group.to_owned(),
        autonomy: Autonomy::Notify,
        builtin: true,
        origin: "builtin".to_owned(),
        ..AlertRule::new(id, condition)
    };
    vec![
        rule("cpu_critical", "cpu", Error, "CPU critical", "cpu_percent > 90", "CPU critical: {value}%"),
        rule("cpu_high", "cpu", Warning, "CPU high", "cpu_percent > 75", "CPU high: {value}%"),
        rule("cpu_temp_critical", "cpu_temp", Error, "CPU temperature critical", "cpu_temp > 85", "CPU temperature critical: {value}°C"),
        rule("cpu_temp_high", "cpu_temp", Warning, "CPU temperature high", "cpu_temp > 70", "CPU temperature high: {value}°C"),
        rule("disk_critical", "disk", Error, "Disk nearly full", "disks[*].percent >= 90", "Disk {label} at {value}%"),
        rule("disk_high", "disk", Warning, "Disk filling up", "disks[*].percent >= 80", "Disk {label} at {value}%"),
        rule("service_failed", "service", Error, "Service failed", r#"services[*].status == "failed""#, "Service {label} failed"),
        // Pages in use move in bursts; five minutes above the line is memory that is really needed.
        AlertRule { for_s: 300, ..rule("memory_high", "memory", Warning, "Memory high", "mem_percent > 90", "Memory high: {value}%") },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::model::rule_fields::check_id;

    #[test]
    fn builtin_rules_compile_and_have_ids_of_their_own() {
        let mut ids = HashSet::new();
        for rule in rules() {
            assert!(rule.builtin && rule.compile().is_ok() && check_id(&rule.id).is_ok(), "{}", rule.id);
            assert!(ids.insert(rule.id));
        }
    }
}
