//! The log store on each engine: the way in, lists, tails, retention, the own log, the copy of the audit log.

#![expect(clippy::unwrap_used, reason = "test code")]

mod counter;
mod routes;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use argos_audit::{Audit, Category, Entry};
use argos_jobs::JobLog;
use argos_kernel::{Actor, ManualClock, PageRequest, SeededRng, Severity, Shutdown, SystemClock, Tasks, Timestamp};
use argos_logs::{
    IpMatch, LogEntry, LogFilter, LogLayer, LogQueue, Logs, Order, PathMatch, Place, Retention, STATEMENTS, Source, parse_statuses,
};
use argos_store::Migration;
use argos_store::testing::{TestStore, each_engine, sqlite};
use proptest::prelude::*;
use tracing_subscriber::layer::SubscriberExt;

const PAGE: PageRequest = PageRequest { limit: 100, offset: 0 };

fn migrations() -> Vec<Migration> {
    [argos_audit::MIGRATIONS, argos_logs::MIGRATIONS].concat()
}

struct Stage {
    t: TestStore,
    clock: ManualClock,
    logs: Logs,
    tasks: Tasks,
}

impl Stage {
    fn of(t: TestStore) -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(1_750_000_000));
        let (queue, intake) = LogQueue::new(Arc::new(clock.clone()));
        let logs = Logs::new(t.store.telemetry.clone(), queue, intake);
        let tasks = Tasks::new(Arc::new(SystemClock), Arc::new(SeededRng::new(1)), Shutdown::new());
        Self { t, clock, logs, tasks }
    }
    fn line(&self, message: &str) -> LogEntry {
        LogEntry::new(Source::System, self.logs.queue().now(), Severity::Info, message)
    }
    async fn messages(&self, filter: &LogFilter, order: Order) -> Vec<String> {
        self.logs.list(filter, order, PAGE).await.unwrap().items.into_iter().map(|e| e.message).collect()
    }
    async fn stop(&self) {
        self.tasks.shutdown().trigger();
        assert!(self.tasks.join(Duration::from_secs(10)).await);
    }
}

async fn stages() -> Vec<Stage> {
    each_engine(&migrations()).await.into_iter().map(Stage::of).collect()
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for s in stages().await {
        for stmt in STATEMENTS.concat() {
            s.t.store.telemetry.prepare(stmt).await.unwrap();
        }
    }
}

#[tokio::test]
async fn queued_lines_are_stored_within_two_seconds_and_wake_a_tail() {
    for s in stages().await {
        s.logs.queue().push(s.line("before the start"));
        s.logs.start(&s.tasks);
        let mut tail = s.logs.tail(LogFilter { levels: vec![Severity::Info], ..LogFilter::default() }).await.unwrap();
        let begun = Instant::now();
        s.logs.queue().push(s.line("hello"));
        let mut seen = Vec::new();
        while !seen.contains(&"hello".to_owned()) {
            seen.extend(tail.next().await.unwrap().into_iter().map(|e| e.message));
        }
        assert!(begun.elapsed() < Duration::from_secs(2));
        s.logs.queue().push(s.line("last words"));
        s.stop().await;
        s.logs.queue().push(s.line("after the end"));
        s.logs.flush().await;
        assert_eq!(s.messages(&LogFilter::default(), Order::Oldest).await, ["before the start", "hello", "last words", "after the end"]);
        assert_eq!(s.logs.queue().counts(), (0, 4));
    }
}

#[tokio::test]
async fn full_queue_drops_counts_and_tells() {
    let s = Stage::of(sqlite(&migrations()).await);
    for i in 0..10_007 {
        s.logs.queue().push(s.line(&format!("n{i}")));
    }
    assert_eq!((s.logs.queue().counts(), s.logs.queue().depth()), ((7, 10_000), 10_000));
    let recent = s.logs.queue().recent(3, |_| true);
    assert_eq!(recent.iter().map(|e| e.message.as_str()).collect::<Vec<_>>(), ["n10004", "n10005", "n10006"]);
    assert_eq!(s.logs.queue().recent(usize::MAX, |_| true).len(), 2_000);
    s.logs.start(&s.tasks);
    while s.logs.count(&LogFilter::default()).await.unwrap() < 10_001 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = LogFilter { text: Some("7 log lines were dropped".to_owned()), ..LogFilter::default() };
    assert_eq!(s.logs.count(&told).await.unwrap(), 1);
    s.stop().await;
}

/// Spain, a network nobody placed, a private one.
fn place(address: IpAddr) -> Place {
    let last = address.to_string().rsplit('.').next().map(|n| n.parse::<u32>().unwrap()).unwrap();
    match last % 3 {
        0 => Place { country_code: Some("ES".into()), country_name: Some("Spain".into()), asn: Some(64_500 + last), ..Place::default() },
        1 => Place::default(),
        _ => Place { is_private: true, country_code: Some("XX".into()), ..Place::default() },
    }
}

fn access(s: &Stage, i: i64) -> LogEntry {
    let mut e = LogEntry::new(Source::CaddyAccess, s.logs.queue().now().plus_secs(i), Severity::Info, format!("line {i}"));
    e.method = Some(if i % 3 == 0 { "POST" } else { "GET" }.to_owned());
    e.path = Some(format!("/api/Thing_{i}%"));
    e.status = Some([200, 301, 404, 503, 500][usize::try_from(i % 5).unwrap()]);
    e.remote_ip = Some(format!("10.0.{}.{i}", i % 2));
    // Lines from before a site was there know its name only; clients send any.
    e.host_id = (i % 8 != 3).then_some(i % 4);
    e.host_domain = Some(["three.test", "%", "@three_test"][usize::try_from(i / 8 % 3).unwrap()].to_owned());
    e.duration_ms = Some(0.5);
    e.user_agent = Some("curl/8".to_owned());
    if i % 7 == 0 {
        e.source = Source::WafAudit;
        e.level = Severity::Error;
        e.waf_rule_id = Some("942100".to_owned());
        e.waf_severity = Some("CRITICAL".to_owned());
        e.raw = Some("UNION select".to_owned());
        e.duration_ms = Some(1500.0);
    }
    e
}

#[tokio::test]
async fn lists_walks_and_live_filter_agree() {
    for s in stages().await {
        s.logs.set_locate(Arc::new(place));
        let lines: Vec<_> = (0..40).map(|i| access(&s, i)).collect();
        s.logs.store(&lines).await.unwrap();
        let all = s.logs.list(&LogFilter::default(), Order::Newest, PAGE).await.unwrap().items;
        let statuses = |t: &str| parse_statuses(t).unwrap();
        let base = LogFilter::default;
        let filters = [
            LogFilter { sources: vec![Source::WafAudit], ..base() },
            LogFilter { levels: vec![Severity::Error, Severity::Debug], ..base() },
            LogFilter { methods: vec!["POST".into()], ..base() },
            LogFilter { host_ids: vec![1, 3], ..base() },
            LogFilter { host_ids: vec![3], host_names: vec!["three.test".into()], ..base() },
            LogFilter { statuses: statuses("4xx,500-502"), ..base() },
            LogFilter { waf_rule_ids: vec!["942100".into()], waf_severities: vec!["CRITICAL".into()], ..base() },
            LogFilter { path: PathMatch::parse("thing_1"), ..base() },
            LogFilter { path: PathMatch::parse("re:^/api/Thing_1?[05]%$"), ..base() },
            LogFilter { remote_ip: Some(IpMatch::parse("10.0.1.")), ..base() },
            LogFilter { remote_ip: Some(IpMatch::parse("10.0.0.0/28")), statuses: statuses("2xx"), ..base() },
            LogFilter { text: Some("union SEL".into()), ..base() },
            LogFilter { text: Some("_2%".into()), ..base() },
            LogFilter { from: Some(lines[5].at), to: Some(lines[9].at), ..base() },
            LogFilter { duration_ms_min: Some(1000), ..base() },
            LogFilter { countries: vec!["ES".into(), "BR".into()], ..base() },
        ];
        for f in filters {
            let listed: Vec<i64> = s.logs.list(&f, Order::Newest, PAGE).await.unwrap().items.iter().map(|e| e.id).collect();
            let matched: Vec<i64> = all.iter().filter(|e| f.matches(e)).map(|e| e.id).collect();
            assert!(!listed.is_empty() && listed.len() < 40, "{f:?}");
            assert_eq!(listed, matched, "{f:?}");
            let total = i64::try_from(matched.len()).unwrap();
            assert_eq!(s.logs.count(&f).await.unwrap(), total);
            let mut walked = Vec::new();
            s.logs
                .walk(&f, Order::Oldest, |e| {
                    walked.push(e.id);
                    true
                })
                .await
                .unwrap();
            walked.reverse();
            assert_eq!(walked, matched);
            let slice = s.logs.list(&f, Order::Newest, PageRequest { limit: 2, offset: 1 }).await.unwrap();
            assert_eq!(
                (slice.items.iter().map(|e| e.id).collect::<Vec<_>>(), slice.total),
                (matched.into_iter().skip(1).take(2).collect(), total)
            );
        }
    }
}

#[tokio::test]
async fn walk_crosses_pages_without_gap_or_repeat() {
    let s = Stage::of(sqlite(&migrations()).await);
    // Many lines of one instant: the id decides.
    let lines: Vec<_> = (0..4_500).map(|i| s.line(&format!("{i}"))).collect();
    s.logs.store(&lines).await.unwrap();
    for order in [Order::Newest, Order::Oldest] {
        let mut ids = Vec::new();
        s.logs
            .walk(&LogFilter::default(), order, |e| {
                ids.push(e.id);
                true
            })
            .await
            .unwrap();
        assert_eq!(ids.len(), 4_500);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 4_500);
    }
}

#[tokio::test]
async fn retention_removes_by_age_then_by_number_per_kind_of_stream() {
    for s in stages().await {
        let t = s.logs.queue().now();
        let old = |days: i64, source: Source| {
            LogEntry::new(source, t.minus_secs(days * 86_400), Severity::Info, format!("{} {days}", source.as_str()))
        };
        let lines = [
            (31, Source::CaddyAccess),
            (29, Source::Audit),
            (31, Source::Job),
            (29, Source::Job),
            (8, Source::Agent),
            (6, Source::Agent),
            (15, Source::System),
            (13, Source::System),
        ];
        s.logs.store(&lines.map(|(d, src)| old(d, src))).await.unwrap();
        assert_eq!(s.logs.prune(Retention::default()).await.unwrap(), 4);
        let mut left = s.messages(&LogFilter::default(), Order::Newest).await;
        left.sort();
        assert_eq!(left, ["agent 6", "audit 29", "job 29", "system 13"]);
        let many: Vec<_> = (0..10).map(|i| access(&s, i)).collect();
        s.logs.store(&many).await.unwrap();
        // The other streams keep their own number.
        assert_eq!(s.logs.prune(Retention { entries_max: 4, ..Retention::default() }).await.unwrap(), 7);
        assert_eq!(s.logs.count(&LogFilter::default()).await.unwrap(), 7);
        assert!(s.messages(&LogFilter::default(), Order::Newest).await.contains(&"line 9".to_owned()));
    }
}

#[tokio::test]
async fn own_log_is_fed_without_itself_and_without_secrets() {
    let s = Stage::of(sqlite(&migrations()).await);
    let subscriber = tracing_subscriber::registry().with(LogLayer::new(s.logs.queue().clone()));
    s.logs.queue().set_redactor(Arc::new(|text| {
        if text.contains("hunter22") { Cow::Owned(text.replace("hunter22", "***")) } else { Cow::Borrowed(text) }
    }));
    tracing::subscriber::with_default(subscriber, || {
        let span = tracing::info_span!("request", request_id = "req-12345678");
        let _inside = span.enter();
        tracing::warn!(took_ms = 12, password = "letmein", "slow answer to hunter22");
        tracing::error!(target: "argos_logs::writer", "log lines not stored");
        tracing::error!(target: "argos_store::sqlite", "a store job panicked");
    });
    let lines = s.logs.queue().recent(10, |_| true);
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(line.message, "slow answer to *** took_ms=12 password=***");
    assert_eq!((line.level, line.request_id.as_deref(), line.unit.as_deref()), (Severity::Warning, Some("req-12345678"), Some("it")));
    assert_eq!(line.raw.as_deref(), Some(r#"{"took_ms":12,"password":"***"}"#));
}

#[tokio::test]
async fn job_output_is_read_back_in_order_from_a_position() {
    for s in stages().await {
        s.logs.start(&s.tasks);
        let at = s.logs.queue().now();
        for i in 0..5 {
            s.logs.append(7, at, Severity::Info, format!("out {i}"));
            s.logs.append(8, at, Severity::Error, "other job".to_owned());
        }
        s.stop().await;
        let first = s.logs.read(7, 0, 2).await.unwrap();
        assert_eq!(first.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["out 0", "out 1"]);
        let rest = s.logs.read(7, first[1].id, 100).await.unwrap();
        assert_eq!(rest.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["out 2", "out 3", "out 4"]);
        let stream = LogFilter { stream: Some("job:8".to_owned()), ..LogFilter::default() };
        assert_eq!(s.logs.count(&stream).await.unwrap(), 5);
    }
}

#[tokio::test]
async fn audit_rows_are_copied_once_and_in_the_documented_form() {
    for s in stages().await {
        let audit = Audit::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), Arc::new(SeededRng::new(2)));
        let actor = Actor { id: Some(3), name: "ada".to_owned(), ip: Some("192.0.2.1".to_owned()), ..Actor::anonymous() };
        for i in 0..3 {
            let entry = Entry::new("host.create", Category::Config)
                .alias("create")
                .target("host", i)
                .after(serde_json::json!({"domain": "a.example"}));
            audit.note(&actor, entry).await.unwrap();
        }
        assert_eq!(s.logs.copy_audit(&audit).await.unwrap(), 3);
        assert_eq!(s.logs.copy_audit(&audit).await.unwrap(), 0);
        audit.note(&actor, Entry::new("auth.login", Category::Auth).alias("login")).await.unwrap();
        assert_eq!(s.logs.copy_audit(&audit).await.unwrap(), 1);
        let lines =
            s.logs.list(&LogFilter { sources: vec![Source::Audit], ..LogFilter::default() }, Order::Oldest, PAGE).await.unwrap().items;
        assert_eq!(
            lines.iter().map(|l| l.message.as_str()).collect::<Vec<_>>(),
            ["create host", "create host", "create host", "login auth"]
        );
        let raw: serde_json::Value = serde_json::from_str(lines[0].raw.as_deref().unwrap()).unwrap();
        assert_eq!((&raw["action"], &raw["resource_id"], &raw["diff"]["_source_ip"]), (&"create".into(), &"0".into(), &"192.0.2.1".into()));
        assert_eq!(lines[0].rule_id, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_line_is_stored_and_comes_back_as_it_was_cut(message in "\\PC{0,60}|\u{0}a\u{0}", path in "\\PC{0,30}", raw in "\\PC{0,30}", status in any::<Option<i64>>(), ms in proptest::option::of(0.0..1e9_f64)) {
        let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        rt.block_on(async {
            let s = Stage::of(sqlite(argos_logs::MIGRATIONS).await);
            let mut e = s.line(&message);
            (e.path, e.raw, e.status, e.duration_ms) = (Some(path), Some(raw), status, ms);
            s.logs.queue().push(e);
            s.logs.flush().await;
            let queued = s.logs.queue().recent(1, |_| true)[0].clone();
            let mut stored = s.logs.list(&LogFilter::default(), Order::Newest, PAGE).await.unwrap().items.remove(0);
            stored.id = 0;
            prop_assert_eq!(&stored, &*queued);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn part_of_a_text_is_found_through_the_index_as_without_it() {
    for s in stages().await {
        let mut lines = vec![s.line("connection Timeout on 50%_done \"quoted\""), s.line("Zürich größer"), s.line("nothing")];
        lines[2].path = Some("/api/backups/17".to_owned());
        lines[1].raw = Some("{\"unit\":\"nginx.service\"}".to_owned());
        s.logs.store(&lines).await.unwrap();
        for (text, wanted) in [
            ("imeou", vec![0]),
            ("TIMEOUT", vec![0]),
            ("50%_", vec![0]),
            ("\"quoted\"", vec![0]),
            ("ürich", vec![1]),
            ("nginx.s", vec![1]),
            ("backups/1", vec![2]),
            ("on", vec![0]),
            ("timeout nothing", vec![]),
        ] {
            let filter = LogFilter { text: Some(text.to_owned()), ..LogFilter::default() };
            let wanted: Vec<String> = wanted.into_iter().map(|i: usize| lines[i].message.clone()).collect();
            assert_eq!(s.messages(&filter, Order::Oldest).await, wanted, "{text}");
            assert_eq!(s.messages(&filter, Order::Newest).await, wanted, "{text}");
            assert_eq!(s.logs.count(&filter).await.unwrap(), wanted.len() as i64, "{text}");
            let mut walked = 0;
            s.logs
                .walk(&filter, Order::Newest, |_| {
                    walked += 1;
                    true
                })
                .await
                .unwrap();
            assert_eq!(walked, wanted.len(), "{text}");
        }
    }
}

#[tokio::test]
async fn lines_beyond_the_size_go_oldest_first_and_leave_the_index() {
    for s in stages().await {
        let lines: Vec<LogEntry> = (0..20).map(|n| s.line(&format!("line {n:02} {}", "x".repeat(1_000)))).collect();
        s.logs.store(&lines).await.unwrap();
        let keep = Retention { bytes_max: 5 * 1_300, ..Retention::default() };
        assert_eq!(s.logs.prune(keep).await.unwrap(), 15);
        let kept = s.messages(&LogFilter::default(), Order::Oldest).await;
        assert_eq!((kept.len(), kept[0].starts_with("line 15")), (5, true));
        let gone = LogFilter { text: Some("line 03".to_owned()), ..LogFilter::default() };
        assert_eq!(s.logs.count(&gone).await.unwrap(), 0);
        assert_eq!(s.logs.prune(keep).await.unwrap(), 0);
    }
}
