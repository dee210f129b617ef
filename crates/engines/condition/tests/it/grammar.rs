//! What parses, into what canonical text, and what is refused with which words.

use argos_condition::{Condition, Expr, Literal, MAX_DEPTH, MAX_LENGTH, MetricRef, ParseErrorKind, Segment, camel_to_snake, parse};
use std::time::Duration;

/// `text` parses and prints as `canonical`, which is a fixed point.
fn check(text: &str, canonical: &str) {
    let condition = parse(text).expect(text);
    assert_eq!(condition.to_string(), canonical, "{text}");
    assert_eq!(parse(canonical).as_ref(), Ok(&condition), "{canonical}");
}

fn refuse(text: &str, fragment: &str) {
    let error = parse(text).expect_err(text);
    assert_eq!(
        error.to_string(),
        format!("Invalid condition fragment: '{fragment}' — expected 'metric operator number' (e.g. cpuPercent > 90)"),
        "{text}"
    );
}

#[test]
fn parse_of_every_construct_prints_canonically() {
    for (text, canonical) in [
        ("cpuPercent>90", "cpuPercent > 90"),
        ("  cpu_percent  >=  90.50 ", "cpu_percent >= 90.5"),
        ("disks[0].percent < -1e3", "disks[0].percent < -1000"),
        ("disks[/].percent != .5", "disks[/].percent != 0.5"),
        ("agents[web-1.lan].online == true", "agents[web-1.lan].online == true"),
        ("state == 'on \"line\"'", "state == \"on \\\"line\\\"\""),
        ("a > 1 OR b > 2 AND c > 3", "a > 1 OR b > 2 AND c > 3"),
        ("(a > 1 OR b > 2) AND c > 3", "(a > 1 OR b > 2) AND c > 3"),
        ("((a > 1)) AND (b > 2 AND c > 3)", "a > 1 AND (b > 2 AND c > 3)"),
        ("NOT a > 1", "NOT a > 1"),
        ("NOT (a > 1)", "NOT a > 1"),
        ("NOT(NOT a > 1)", "NOT (NOT a > 1)"),
        ("NOT (a > 1 OR b > 1)", "NOT (a > 1 OR b > 1)"),
        ("avg( cpu_percent , 300s ) > 90", "avg(cpu_percent, 5m) > 90"),
        ("rate(net[eth0].rx,90s) > 1", "rate(net[eth0].rx, 90s) > 1"),
        ("forecast(disk_percent[/], 48h) >= 100", "forecast(disk_percent[/], 2d) >= 100"),
        ("zscore(load1) > 3", "zscore(load1) > 3"),
        ("absent(cpu_percent,5m)", "absent(cpu_percent, 5m)"),
        ("anomaly(mem_percent) AND NOT event(\"backup.started\", 1h)", "anomaly(mem_percent) AND NOT event(\"backup.started\", 1h)"),
        ("event('device_offline')", "event(\"device_offline\")"),
        ("event(\"login.failed\",10m) >= 5", "event(\"login.failed\", 10m) >= 5"),
        ("count > 5", "count > 5"),
        ("avg.x > 5", "avg.x > 5"),
        ("ORDERS > 1 OR ANDES > 2", "ORDERS > 1 OR ANDES > 2"),
    ] {
        check(text, canonical);
    }
}

#[test]
fn parse_of_old_forms_reads_the_plain_name() {
    check("flat['cpuPercent'] > 90", "cpuPercent > 90");
    check("flat[\"disks[0].percent\"] > 90 AND flat['memPercent'] > 80", "disks[0].percent > 90 AND memPercent > 80");
    check("flat[0] > 1", "flat[0] > 1");
    check("flat > 1", "flat > 1");
    check("service_status:nginx.service == 1", "service_status[nginx.service] == 1");
    check("disks['/mnt/a]b'].percent > 1", "disks[\"/mnt/a]b\"].percent > 1");
    refuse("flat['a b'] > 1", "flat['a b'] > 1");
    refuse("flat['flat[0]'] > 1", "flat['flat[0]'] > 1");
}

#[test]
fn parse_of_invalid_fragment_names_that_fragment() {
    for (text, fragment) in [
        (">", ">"),
        ("a > 1 AND b", "b"),
        ("b AND a > 1", "b"),
        ("a > 1 OR  b >> 2 AND c > 3", "b >> 2"),
        ("a > 1 AND", "a > 1 AND"),
        ("AND a > 1", "AND a > 1"),
        ("a > 1 b > 2", "a > 1 b > 2"),
        ("a > 1 and b > 2", "a > 1 and b > 2"),
        ("a = 1", "a = 1"),
        ("a > x", "a > x"),
        ("a > 1x", "a > 1x"),
        ("a > 1.2.3", "a > 1.2.3"),
        ("a > 1e999", "a > 1e999"),
        ("a > nan", "a > nan"),
        ("a > true", "a > true"),
        ("a > \"x\"", "a > \"x\""),
        ("avg(a, 5m) == \"x\"", "avg(a, 5m) == \"x\""),
        ("a == \"x", "a == \"x"),
        ("a == \"x AND y\" AND b", "b"),
        ("a. > 1", "a. > 1"),
        ("a[] > 1", "a[] > 1"),
        ("a[b > 1", "a[b > 1"),
        ("a-b > 1", "a-b > 1"),
        ("(a > 1", "(a > 1"),
        ("a > 1)", "a > 1)"),
        ("()", "()"),
        ("NOT NOT a > 1", "NOT NOT a > 1"),
        ("median(a, 5m) > 1", "median(a, 5m) > 1"),
        ("avg(a) > 1", "avg(a) > 1"),
        ("avg(a, 5) > 1", "avg(a, 5) > 1"),
        ("avg(a, 0s) > 1", "avg(a, 0s) > 1"),
        ("avg(a, 5w) > 1", "avg(a, 5w) > 1"),
        ("avg(a, 401d) > 1", "avg(a, 401d) > 1"),
        ("avg(a, 99999999999999999999s) > 1", "avg(a, 99999999999999999999s) > 1"),
        ("absent(a, 5m) > 1", "absent(a, 5m) > 1"),
        ("event(x)", "event(x)"),
        ("event(\"\")", "event(\"\")"),
        ("event(\"x\") >", "event(\"x\") >"),
        ("__import__('os')", "__import__('os')"),
    ] {
        refuse(text, fragment);
    }
}

#[test]
fn parse_of_nothing_is_required() {
    for text in ["", "   ", "\n\t"] {
        assert_eq!(parse(text).expect_err("empty").to_string(), "Condition is required");
    }
}

#[test]
fn parse_of_too_long_text_is_refused() {
    let long = format!("a > {}", "1".repeat(MAX_LENGTH));
    assert_eq!(parse(&long).map_err(|e| e.kind), Err(ParseErrorKind::TooLong));
    let many = vec!["a > 1"; 400].join(" AND ");
    assert_eq!(parse(&many).expect("fits").metrics().len(), 1);
}

#[test]
fn parse_of_deep_nesting_is_refused_without_overflow() {
    let nested = |n: usize| format!("{}a > 1{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(parse(&nested(MAX_DEPTH + 1)).map_err(|e| e.kind), Err(ParseErrorKind::TooDeep));
    assert_eq!(parse(&"(".repeat(MAX_LENGTH)).map_err(|e| e.kind), Err(ParseErrorKind::TooDeep));
    assert_eq!(parse(&"NOT (".repeat(MAX_LENGTH / 5)).map_err(|e| e.kind), Err(ParseErrorKind::TooDeep));
    assert_eq!(parse(&"flat['".repeat(600)).map_err(|e| e.kind), Err(ParseErrorKind::Fragment));
}

#[test]
fn names_used_are_listed_once_in_order() {
    let condition: Condition =
        "b > 1 AND (a[x] > 2 OR avg(b, 2h) > 3) AND absent(c, 5m) AND event(\"e\") AND NOT event(\"e\", 1d) > 2".parse().expect("valid");
    assert_eq!(condition.metrics().iter().map(ToString::to_string).collect::<Vec<_>>(), ["b", "a[x]", "c"]);
    assert_eq!(condition.events(), ["e"]);
    assert_eq!(condition.longest_window(), Some(Duration::from_hours(24)));
    assert_eq!(parse("a > 1").expect("valid").longest_window(), None);
}

#[test]
fn aliases_rename_metrics_everywhere() {
    let condition = parse("cpuPercent > 1 OR NOT avg(netRxBytes, 5m) > 2 OR anomaly(agents[cpuTemp].cpuTemp)")
        .expect("valid")
        .with_aliases(|metric| Some(metric.map_words(camel_to_snake)));
    assert_eq!(condition.to_string(), "cpu_percent > 1 OR NOT avg(net_rx_bytes, 5m) > 2 OR anomaly(agents[cpuTemp].cpu_temp)");
    let kept = parse("x > 1").expect("valid").with_aliases(|_| None);
    assert_eq!(kept.to_string(), "x > 1");
}

#[test]
fn camel_to_snake_of_known_spellings() {
    for (camel, snake) in [
        ("cpuPercent", "cpu_percent"),
        ("cpu_percent", "cpu_percent"),
        ("netRxBytes", "net_rx_bytes"),
        ("HTTPErrors", "http_errors"),
        ("load1Avg", "load1_avg"),
        ("diskIO", "disk_io"),
        ("", ""),
    ] {
        assert_eq!(camel_to_snake(camel), snake);
    }
}

#[test]
fn metric_ref_shows_its_parts() {
    let metric = MetricRef::parse(" disks[/ mnt].percent[0] ").expect("valid");
    assert_eq!((metric.root(), metric.name()), ("disks", "disks.percent".to_owned()));
    assert_eq!(metric.selectors().collect::<Vec<_>>(), ["/ mnt", "0"]);
    assert_eq!(metric.segments()[0], Segment::Word("disks".to_owned()));
    assert!(MetricRef::parse("a > 1").is_err());
    assert!(MetricRef::parse("").is_err());
    assert!(MetricRef::parse("NOT").is_err());
}

#[test]
fn precedence_and_binds_tighter() {
    let condition = parse("a > 1 OR b > 2 AND c > 3").expect("valid");
    let Expr::Or(parts) = condition.expr() else { panic!("{condition:?}") };
    assert!(matches!(&parts[1], Expr::And(inner) if inner.len() == 2));
    let text = parse("a == \"AND\"").expect("valid");
    assert!(matches!(text.expr(), Expr::Compare(c) if c.literal == Literal::Text("AND".to_owned())));
}
