//! The directives of a site's firewall (edge spec E2). Order matters: a rule can only be taken out after it was loaded.

use super::Around;
use crate::model::security::Security;

const PATH_EXCLUSIONS: i64 = 9_100_000;

/// A text inside the quotes of a directive.
fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect::<String>().replace('\\', "\\\\").replace('"', "\\\"")
}

pub(super) fn directives(host_id: i64, security: &Security, around: &Around<'_>) -> String {
    let own = around.exclusions.iter().filter(|e| e.host_id == host_id && e.enabled);
    let (everywhere, somewhere): (Vec<_>, Vec<_>) = own.partition(|e| e.path_pattern.is_empty());
    let level = security.waf_paranoia;
    let mut lines = vec![
        "Include /etc/coraza/coraza.conf".to_owned(),
        "Include /etc/coraza/crs-setup.conf".to_owned(),
        "SecAuditEngine RelevantOnly".to_owned(),
        "SecAuditLogType Serial".to_owned(),
        "SecAuditLogFormat JSON".to_owned(),
        "SecAuditLogParts ABIJDEFHKZ".to_owned(),
        format!("SecAuditLog {}", around.firewall_log),
        format!(
            "SecAction \"id:9000001,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level={level},setvar:tx.detection_paranoia_level={level}\""
        ),
    ];
    lines.extend(somewhere.iter().zip(PATH_EXCLUSIONS..).map(|(e, id)| {
        let path = quoted(&e.path_pattern);
        format!("SecRule REQUEST_URI \"@beginsWith {path}\" \"id:{id},phase:1,pass,nolog,ctl:ruleRemoveById={}\"", e.crs_rule_id)
    }));
    lines.push("Include /etc/coraza/crs/rules/*.conf".to_owned());
    lines.extend(everywhere.iter().map(|e| format!("SecRuleRemoveById {}", e.crs_rule_id)));
    lines.extend(around.custom_rules.iter().filter(|r| r.host_id == host_id && r.enabled).map(|r| r.secrule.clone()));
    lines.push(format!("SecRuleEngine {}", if security.waf_mode == "block" { "On" } else { "DetectionOnly" }));
    lines.join("\n")
}
