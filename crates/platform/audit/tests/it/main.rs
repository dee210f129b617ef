//! The audit log on each engine: chain, mutation, lists, pruning.

#![expect(clippy::unwrap_used, reason = "test code")]

mod routes;

use std::sync::Arc;

use argos_audit::{API_REQUEST, Audit, Category, Column, Entry, Filter, MIGRATIONS, Mutation, Order, RequestLog, STATEMENTS, Status};
use argos_kernel::{Actor, Clock, CredentialKind, ManualClock, PageRequest, Rng, Role, SeededRng, Shutdown, SystemClock, Tasks, Timestamp};
use argos_store::testing::{TestStore, each_engine};
use argos_store::{Stmt, args};
use argos_web::{Answered, Listener};
use serde_json::json;

struct Stage {
    t: TestStore,
    clock: ManualClock,
    audit: Audit,
}

impl Stage {
    fn of(t: TestStore) -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(1_750_000_000));
        let audit = Audit::new(t.store.state.clone(), Arc::new(clock.clone()), Arc::new(SeededRng::new(5)));
        Self { t, clock, audit }
    }
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }
    async fn write(&self, who: &str, action: &str, category: Category) {
        let entry = Entry::new(action, category).describe(format!("{who} did {action}"));
        self.audit.note(&actor(who), entry).await.unwrap();
        self.clock.advance_secs(60);
    }
    async fn sql(&self, text: &'static str) {
        let stmt = Stmt { name: "test.tamper", sqlite: text, postgres: text, part: argos_store::Part::State };
        self.t.store.state.exec(stmt, args![]).await.unwrap();
    }
}

async fn stages() -> Vec<Stage> {
    each_engine(MIGRATIONS).await.into_iter().map(Stage::of).collect()
}

fn actor(name: &str) -> Actor {
    Actor { id: Some(7), name: name.to_owned(), role: Some(Role::Admin), ip: Some("192.0.2.9".to_owned()), ..Actor::anonymous() }
}

const PAGE: PageRequest = PageRequest { limit: 100, offset: 0 };

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for s in stages().await {
        for stmt in STATEMENTS.concat() {
            s.t.store.state.prepare(stmt).await.unwrap();
        }
    }
}

#[tokio::test]
async fn mutation_commits_change_and_row_together_and_dropped_one_leaves_neither() {
    for s in stages().await {
        s.sql("create table things (name text)").await;
        let insert = Stmt {
            name: "t",
            sqlite: "insert into things (name) values ($1)",
            postgres: "insert into things (name) values ($1)",
            part: argos_store::Part::State,
        };
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(1));
        let mut gone = Mutation::begin(&s.t.store.state, s.clock(), Arc::clone(&rng), &actor("ada")).await.unwrap();
        gone.exec(insert, args!["gone"]).await.unwrap();
        drop(gone);
        let mut kept = Mutation::begin(&s.t.store.state, s.clock(), rng, &actor("ada")).await.unwrap();
        kept.exec(insert, args!["kept"]).await.unwrap();
        let entry = Entry::new("thing.create", Category::Data)
            .alias("thing_add")
            .target("thing", 1)
            .describe("thing kept created")
            .before(json!(null))
            .after(json!({ "name": "kept", "client_secret": "s3cr3t-value" }));
        kept.commit(entry).await.unwrap();

        let page = s.audit.list(&Filter::default(), Order::NEWEST, PAGE).await.unwrap();
        assert_eq!(page.total, 1);
        let row = &page.items[0];
        assert_eq!((row.actor_name.as_str(), row.shown_action(), row.actor_role.as_deref()), ("ada", "thing_add", Some("admin")));
        assert_eq!(row.after.as_deref(), Some(r#"{"name":"kept","client_secret":"***"}"#));
        assert_eq!((row.target_type.as_deref(), row.target_id.as_deref()), (Some("thing"), Some("1")));
        assert!(row.duration_ms.is_some());
        let count = Stmt {
            name: "c",
            sqlite: "select count(*) from things",
            postgres: "select count(*) from things",
            part: argos_store::Part::State,
        };
        assert_eq!(s.t.store.state.one(count, args![]).await.unwrap().get::<i64>(0).unwrap(), 1);
    }
}

#[tokio::test]
async fn category_power_is_everything_done_to_power_devices_and_plans() {
    for s in stages().await {
        for (action, category) in [
            ("power_device.create", Category::Config),
            ("shutdown_run.start", Category::Safety),
            ("powerful.thing", Category::Config),
            ("user.create", Category::Auth),
        ] {
            s.write("ada", action, category).await;
        }
        let of = |word: &str| Filter { category: Some(word.to_owned()), ..Filter::default() };
        let found = s.audit.list(&of("power"), Order::NEWEST, PAGE).await.unwrap();
        let actions: Vec<&str> = found.items.iter().map(|r| r.action.as_str()).collect();
        assert_eq!((found.total, actions), (2, vec!["shutdown_run.start", "power_device.create"]));
        assert_eq!(s.audit.list(&of("safety"), Order::NEWEST, PAGE).await.unwrap().total, 1, "the stored words stay");
    }
}

#[tokio::test]
async fn mutation_without_entry_is_refused_and_rolled_back() {
    for s in stages().await {
        let m = s.audit.begin(&actor("ada")).await.unwrap();
        assert_eq!(m.commit_all(Vec::new()).await.unwrap_err().kind().status(), 500);
        assert_eq!(s.audit.list(&Filter::default(), Order::NEWEST, PAGE).await.unwrap().total, 0);
    }
}

#[tokio::test]
async fn untouched_chain_verifies_and_tampering_names_the_row() {
    for s in stages().await {
        assert!(s.audit.verify().await.unwrap().ok);
        for i in 0..5 {
            s.write("ada", &format!("thing.change{i}"), Category::Config).await;
        }
        let whole = s.audit.verify().await.unwrap();
        assert_eq!((whole.rows, whole.ok, whole.broken_at), (5, true, None));
        s.sql("update audit_log set description = 'nothing happened' where id = 3").await;
        let broken = s.audit.verify().await.unwrap();
        assert_eq!((broken.ok, broken.broken_at), (false, Some(3)));
    }
}

#[tokio::test]
async fn removed_row_in_the_middle_or_at_the_end_shows() {
    for s in stages().await {
        for _ in 0..4 {
            s.write("ada", "thing.change", Category::Config).await;
        }
        s.sql("delete from audit_log where id = 4").await;
        let cut = s.audit.verify().await.unwrap();
        assert_eq!((cut.ok, cut.broken_at), (false, None));
        s.sql("delete from audit_log where id = 2").await;
        let hole = s.audit.verify().await.unwrap();
        assert_eq!((hole.ok, hole.broken_at), (false, Some(3)));
    }
}

#[tokio::test]
async fn concurrent_writers_form_one_chain() {
    for s in stages().await {
        let mut all = Vec::new();
        for i in 0..12 {
            let audit = s.audit.clone();
            all.push(async move { audit.note(&actor("x"), Entry::new(format!("thing.n{i}"), Category::Data)).await.unwrap() });
        }
        let set: tokio::task::JoinSet<()> = all.into_iter().collect();
        set.join_all().await;
        let v = s.audit.verify().await.unwrap();
        assert_eq!((v.rows, v.ok), (12, true));
    }
}

#[tokio::test]
async fn pruning_keeps_safety_rows_and_a_verifiable_chain() {
    for s in stages().await {
        s.write("ada", "thing.old1", Category::Config).await;
        s.write("ada", "outlet.switch", Category::Safety).await;
        s.write("ada", "thing.old2", Category::Config).await;
        s.write("ada", "thing.old3", Category::Config).await;
        s.clock.advance_secs(400 * 86_400);
        s.write("ada", "thing.new", Category::Config).await;
        assert_eq!(s.audit.prune(365).await.unwrap(), 3);
        assert_eq!(s.audit.prune(365).await.unwrap(), 0);
        let rows = s.audit.list(&Filter::default(), Order { by: Column::Time, descending: false }, PAGE).await.unwrap().items;
        assert_eq!(rows.iter().map(|r| r.action.as_str()).collect::<Vec<_>>(), ["outlet.switch", "thing.new", "audit.prune"]);
        let v = s.audit.verify().await.unwrap();
        assert_eq!((v.rows, v.ok), (3, true), "{v:?}");
        // Everything but the safety row goes; the chain still stands on its anchors, and goes on.
        s.clock.advance_secs(400 * 86_400);
        assert_eq!(s.audit.prune(365).await.unwrap(), 2);
        s.write("ada", "thing.later", Category::Config).await;
        assert!(s.audit.verify().await.unwrap().ok);
        // A deletion that pruning did not do still shows.
        s.sql("delete from audit_log where action = 'audit.prune'").await;
        assert!(!s.audit.verify().await.unwrap().ok);
    }
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    for s in stages().await {
        for (who, action) in [("bob", "user.create"), ("ada", "user.create"), ("cyd", "user.remove")] {
            s.write(who, action, Category::Auth).await;
        }
        let failed =
            Entry::new("auth.login_failed", Category::Security).alias("login_failed").describe("100% wrong").status(Status::Failure);
        s.audit.note(&actor("eve"), failed).await.unwrap();
        let names = |f: Filter, o: Order, p: PageRequest| {
            let audit = s.audit.clone();
            async move { audit.list(&f, o, p).await.unwrap().items.into_iter().map(|r| r.actor_name).collect::<Vec<_>>() }
        };
        assert_eq!(names(Filter::default(), Order::NEWEST, PAGE).await, ["eve", "cyd", "ada", "bob"]);
        assert_eq!(names(Filter::default(), Order { by: Column::Actor, descending: false }, PAGE).await, ["ada", "bob", "cyd", "eve"]);
        assert_eq!(names(Filter::default(), Order { by: Column::Action, descending: true }, PAGE).await, ["cyd", "ada", "bob", "eve"]);
        let page = PageRequest { limit: 2, offset: 1 };
        assert_eq!(names(Filter::default(), Order::NEWEST, page).await, ["cyd", "ada"]);
        let action = |a: &str| Filter { action: Some(a.to_owned()), ..Filter::default() };
        assert_eq!(names(action("user.create"), Order::NEWEST, PAGE).await, ["ada", "bob"]);
        assert_eq!(names(action("login_failed"), Order::NEWEST, PAGE).await, ["eve"]);
        assert_eq!(names(Filter { text: Some("100% W".to_owned()), ..Filter::default() }, Order::NEWEST, PAGE).await, ["eve"]);
        assert!(names(Filter { text: Some("100_".to_owned()), ..Filter::default() }, Order::NEWEST, PAGE).await.is_empty());
        assert_eq!(names(Filter { status: Some("failure".to_owned()), ..Filter::default() }, Order::NEWEST, PAGE).await, ["eve"]);
        let from = Timestamp::from_secs(1_750_000_060);
        assert_eq!(names(Filter { from: Some(from), to: Some(from), ..Filter::default() }, Order::NEWEST, PAGE).await, ["ada"]);
    }
}

fn asked(status: u16) -> Answered {
    let took = std::time::Duration::from_millis(7);
    Answered { actor: actor("apikey:ci"), method: "POST".to_owned(), route: "/api/things", operation: "things.create", status, took }
}

#[tokio::test]
async fn requests_of_programs_are_written_in_batches_in_their_order() {
    for s in stages().await {
        let log = RequestLog::new(s.audit.clone());
        for status in [201, 404, 500] {
            log.answered(asked(status));
            s.clock.advance_secs(1);
        }
        let tasks = Tasks::new(Arc::new(SystemClock), Arc::new(SeededRng::new(1)), Shutdown::new());
        log.start(&tasks);
        // A stop writes what waits.
        tasks.shutdown().trigger();
        assert!(tasks.join(std::time::Duration::from_secs(20)).await);
        let rows =
            s.audit.list(&Filter { action: Some("api_request".to_owned()), ..Filter::default() }, Order::NEWEST, PAGE).await.unwrap().items;
        let seen: Vec<_> = rows.iter().rev().map(|r| (r.severity.as_str(), r.status.as_str(), r.at.secs() - 1_750_000_000)).collect();
        assert_eq!(seen, [("info", "success", 0), ("warning", "failure", 1), ("error", "failure", 2)]);
        assert_eq!((rows[0].actor_name.as_str(), rows[0].duration_ms), ("apikey:ci", Some(7)));
        assert!(s.audit.verify().await.unwrap().ok);
    }
}

#[tokio::test]
async fn requests_that_did_not_fit_leave_a_row_that_says_how_many() {
    let s = Stage::of(argos_store::testing::sqlite(MIGRATIONS).await);
    let log = RequestLog::new(s.audit.clone());
    (0..10_003).for_each(|_| log.answered(asked(200)));
    let tasks = Tasks::new(Arc::new(SystemClock), Arc::new(SeededRng::new(1)), Shutdown::new());
    log.start(&tasks);
    tasks.shutdown().trigger();
    assert!(tasks.join(std::time::Duration::from_secs(60)).await);
    assert_eq!(s.audit.count(&Filter { action: Some(API_REQUEST.to_owned()), ..Filter::default() }).await.unwrap(), 10_000);
    let gap = s.audit.list(&Filter { action: Some("audit.gap".to_owned()), ..Filter::default() }, Order::NEWEST, PAGE).await.unwrap();
    assert_eq!((gap.total, gap.items[0].description.as_str()), (1, "3 requests of programs are not in the log"));
}

#[test]
fn only_programs_that_change_or_are_refused_are_written_down() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rt = tokio::runtime::Runtime::new().unwrap();
    let t = rt.block_on(argos_store::testing::sqlite(MIGRATIONS));
    let log = RequestLog::new(Audit::new(t.store.state.clone(), clock, Arc::new(SeededRng::new(1))));
    for (credential, method, status, wanted) in [
        (CredentialKind::ApiKey, "POST", 200, true),
        (CredentialKind::ApiKey, "GET", 200, false),
        (CredentialKind::ApiKey, "GET", 403, true),
        (CredentialKind::Cookie, "POST", 200, false),
        (CredentialKind::None, "POST", 401, false),
    ] {
        assert_eq!(log.wants(credential, method, status), wanted, "{method} {status}");
    }
}

#[tokio::test]
async fn walk_reads_every_row_once_in_each_order_while_others_are_written() {
    for s in stages().await {
        let mut tx = s.t.store.state.begin().await.unwrap();
        for n in 0..2_300 {
            let entry = Entry::new("thing.change", Category::Data).target("thing", n).describe(format!("change {}", n % 7));
            s.audit.record(&mut tx, &actor(if n % 2 == 0 { "ada" } else { "bob" }), entry).await.unwrap();
        }
        tx.commit().await.unwrap();
        for (by, descending) in [(Column::Time, true), (Column::Time, false), (Column::Description, false), (Column::Actor, true)] {
            let filter = Filter { actor: Some("ada".to_owned()), ..Filter::default() };
            let order = Order { by, descending };
            let mut walk = s.audit.walk(filter.clone(), order).await.unwrap();
            assert_eq!(walk.count().await.unwrap(), 1_150);
            let (mut all, mut pages) = (Vec::new(), 0);
            loop {
                let page = walk.next().await.unwrap();
                if page.is_empty() {
                    break;
                }
                assert!(page.len() <= 20_000);
                all.extend(page);
                pages += 1;
                s.write("cy", "thing.change", Category::Data).await;
            }
            assert!(by != Column::Time || pages > 1, "{pages}");
            let listed = s.audit.slice(&filter, order, PageRequest { limit: 5_000, offset: 0 }).await.unwrap();
            let ids = |rows: &[argos_audit::AuditRow]| rows.iter().map(|r| r.id).collect::<Vec<_>>();
            assert_eq!(ids(&all), ids(&listed), "{by:?} {descending}");
        }
    }
}
