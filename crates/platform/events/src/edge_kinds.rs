//! Kinds of the edge part (edge spec D7). Their bare names are aliases.

use argos_kernel::Severity::{Critical, Error, Info, Warning};

use crate::event::Source::Edge;
use crate::kinds::Kind;

const TARGET: &str = r#"{"target_group_id":3,"target_group":"web","target_id":7,"host":"10.0.0.12","port":8080,"error":"it answered 503","sites":["app.example.org"]}"#;
const CERTIFICATE: &str = r#"{"host_id":5,"host_domain":"app.example.org","days_left":13,"threshold":14}"#;

const NOT_NEEDED: &str = r#"{"host_id":5,"host_domain":"app.example.org"}"#;

const ISSUED: &str = r#"{"host_id":5,"host_domain":"app.example.org","issuer":"Let's Encrypt","not_after":"2026-03-01T00:00:00Z","fingerprint_sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#;

/// Every kind the domain edge publishes.
pub const EDGE: &[Kind] = &[
    Kind::new("edge.target_unhealthy", Edge, Error, "A target of a pool stopped answering as it should.", TARGET)
        .aka(&["target_unhealthy"]),
    Kind::new("edge.target_recovered", Edge, Info, "A target of a pool answers again.", TARGET)
        .aka(&["target_recovered"])
        .ends("edge.target_unhealthy"),
    Kind::new(
        "edge.rate_limit_triggered",
        Edge,
        Warning,
        "A site turned several requests away within half a minute.",
        r#"{"host_id":5,"host_domain":"app.example.org","count":5,"window_seconds":30}"#,
    )
    .aka(&["rate_limit_triggered"]),
    Kind::new("edge.cert_issued", Edge, Info, "A site has its first certificate from an authority.", ISSUED)
        .aka(&["certificate_issued"])
        .ends("edge.cert_renewal_failed"),
    Kind::new("edge.cert_renewed", Edge, Info, "A certificate was renewed.", ISSUED)
        .aka(&["certificate_renewed"])
        .ends("edge.cert_renewal_failed"),
    Kind::new("edge.cert_expiring_soon", Edge, Warning, "A certificate had from an authority ends soon.", CERTIFICATE)
        .aka(&["cert_expiring_soon", "certificate_expiring"]),
    Kind::new("edge.cert_renewal_failed", Edge, Error, "A certificate could not be had or renewed.", CERTIFICATE)
        .aka(&["cert_renewal_failed", "certificate_failed"]),
    Kind::new("edge.cert_not_needed", Edge, Info, "A site whose certificate failed wants none any more.", NOT_NEEDED)
        .ends("edge.cert_renewal_failed"),
    Kind::new("edge.manual_cert_expiring_soon", Edge, Warning, "An uploaded certificate ends soon.", CERTIFICATE)
        .aka(&["manual_cert_expiring_soon"]),
    Kind::new(
        "edge.crowdsec_down",
        Edge,
        Error,
        "CrowdSec does not answer; the bans heard last go on.",
        r#"{"error":"no answer: timed out"}"#,
    )
    .aka(&["crowdsec_down"]),
    Kind::new("edge.crowdsec_recovered", Edge, Info, "CrowdSec answers again.", r#"{"lapi_url":"http://crowdsec:8081"}"#)
        .ends("edge.crowdsec_down"),
    Kind::new(
        "edge.crowdsec_creds_stale",
        Edge,
        Warning,
        "CrowdSec does not accept the machine credentials.",
        r#"{"machine_user":"argos"}"#,
    )
    .aka(&["crowdsec_creds_stale"]),
    Kind::new(
        "edge.threat_ip_banned",
        Edge,
        Info,
        "CrowdSec banned an address.",
        r#"{"ip":"198.51.100.7","scope":"Ip","origin":"cscli","scenario":"crowdsecurity/ssh-bf","until":"2026-03-01T00:00:00Z"}"#,
    )
    .aka(&["threat_ip_banned"]),
    Kind::new(
        "edge.threat_intel_updated",
        Edge,
        Info,
        "The bans of CrowdSec changed.",
        r#"{"added_count":3,"removed_count":1,"total":412}"#,
    )
    .aka(&["threat_intel_updated"]),
    Kind::new(
        "edge.appsec_unavailable",
        Edge,
        Warning,
        "The application firewall of CrowdSec answered, and does not any more.",
        r#"{"url":"http://crowdsec:7422","error":"no answer: connection refused","fail_open":true}"#,
    )
    .aka(&["appsec_unavailable"]),
    Kind::new(
        "edge.appsec_recovered",
        Edge,
        Info,
        "The application firewall of CrowdSec answers again, or is not asked any more.",
        r#"{"url":"http://crowdsec:7422"}"#,
    )
    .ends("edge.appsec_unavailable"),
    Kind::new(
        "edge.manual_cert_replaced",
        Edge,
        Info,
        "An uploaded certificate was replaced or taken away.",
        r#"{"host_id":5,"host_domain":"app.example.org"}"#,
    )
    .ends("edge.manual_cert_expiring_soon"),
    Kind::new(
        "edge.state_kept",
        Edge,
        Info,
        "What is served could not be kept on disk for the next start, and is kept now.",
        r#"{"revision":412,"late_seconds":90}"#,
    ),
    Kind::new(
        "edge.waf_detect_mode_reminder",
        Edge,
        Warning,
        "The firewall of a site has only watched for more than a week.",
        r#"{"host_id":5,"host_domain":"app.example.org","days":8}"#,
    )
    .aka(&["waf_detect_mode_reminder"]),
    Kind::new(
        "edge.waf_attack_burst",
        Edge,
        Critical,
        "Many serious findings of the firewall from one address.",
        r#"{"remote_ip":"198.51.100.7","count":10,"window_seconds":60}"#,
    )
    .aka(&["waf_attack_burst"]),
];
