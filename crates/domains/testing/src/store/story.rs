//! The tables of tests and runs on both engines.

use argos_kernel::{ManualClock, PageRequest, SeededRng, Timestamp, Uid};
use argos_store::Migration;
use argos_store::testing::{TestStore, each_engine};
use serde_json::{Map, json};

use super::{artifacts, files, results, run_events, runs, tests, versions};
use crate::model::artifact::{Artifact, Kind};
use crate::model::file::ProjectFile;
use crate::model::result::{ResultBody, ResultStatus, TestResult};
use crate::model::run::{Counts, Run, RunStatus, Wanted};
use crate::model::test::{Document, Priority, Version};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);
const ALL: PageRequest = PageRequest { limit: 100, offset: 0 };

fn uid(n: u64) -> Uid {
    Uid::mint(&ManualClock::at(NOW), &SeededRng::new(n))
}

fn migrations() -> Vec<Migration> {
    [argos_settings::MIGRATIONS, argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_identity::MIGRATIONS, crate::MIGRATIONS].concat()
}

/// A store with the project 1 of the organization 1.
pub(crate) async fn stores() -> Vec<TestStore> {
    let stores = each_engine(&migrations()).await;
    for t in &stores {
        let organization =
            "insert into organizations (uid, name, slug, plan, settings, features, is_personal, is_default, created_at, updated_at)
             values ('o1', 'Acme', 'acme-story', 'free', '{}', '{}', false, false, 0, 0)";
        let project = "insert into projects (uid, organization_id, name, settings, is_active, created_by, created_at, updated_at)
             select '0198f2b0-0000-7000-8000-000000000001', max(id), 'Shop', '{}', true, 'ada', 0, 0 from organizations";
        for sql in [organization, project] {
            t.store.state.script(sql).await.unwrap();
        }
    }
    stores
}

pub(super) fn document(name: &str, tags: &[&str]) -> Document {
    let mut definition = Map::new();
    definition.insert("steps".into(), json!([{ "action": "goto", "target": "/" }]));
    Document { name: name.into(), definition, tags: tags.iter().map(|t| (*t).to_owned()).collect(), is_active: true, ..Document::default() }
}

pub(super) async fn insert(t: &TestStore, n: u64, document: &Document) -> i64 {
    let mut tx = t.store.state.begin().await.unwrap();
    let row = tests::NewTest {
        uid: uid(n),
        organization_id: 1,
        project_id: 1,
        project_uid: uid(99),
        document,
        created_by: "ada",
        now: NOW.plus_secs(i64::try_from(n).unwrap()),
    };
    let id = tests::insert(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn run(n: u64) -> Run {
    Run {
        id: 0,
        uid: uid(n),
        job_id: 7,
        organization_id: 1,
        project_id: 1,
        project_uid: uid(99),
        test_uid: None,
        name: "Shop".into(),
        trigger: "ci".into(),
        status: RunStatus::Pending,
        app_url: "http://127.0.0.1".into(),
        environment: "staging".into(),
        browser: "chromium".into(),
        wanted: Wanted { retries: Some(1), ..Wanted::default() },
        ci_metadata: Map::new(),
        counts: Counts { total: 1, ..Counts::default() },
        error: None,
        created_by: "ada".into(),
        created_at: NOW,
        started_at: None,
        completed_at: None,
    }
}

fn result(run: &Run, n: u64, test: Uid, status: ResultStatus) -> TestResult {
    TestResult {
        uid: uid(n),
        run_id: run.id,
        run_uid: run.uid,
        test_uid: test,
        test_name: "Login".into(),
        test_version: 1,
        position: i64::try_from(n).unwrap(),
        status,
        attempts: 2,
        flaky: status == ResultStatus::Passed,
        healed: false,
        error_code: None,
        error_message: None,
        duration_ms: 1200,
        body: ResultBody { failed_step_index: Some(3), ..ResultBody::default() },
        started_at: NOW,
        completed_at: NOW.plus_secs(1),
    }
}

#[tokio::test]
async fn list_is_filtered_by_every_member_and_search_is_literal() {
    for t in stores().await {
        let db = &t.store.state;
        insert(&t, 1, &document("Login 100%", &["smoke", "auth"])).await;
        insert(&t, 2, &Document { priority: Priority::High, ..document("Checkout", &["smoke"]) }).await;
        insert(&t, 3, &Document { is_active: false, ..document("Search", &[]) }).await;
        let names = async |filter: tests::Filter| {
            let filter = tests::Filter { organizations: vec![1], ..filter };
            let found = tests::list(db, &filter, ALL).await.unwrap();
            assert_eq!(found.total, i64::try_from(found.items.len()).unwrap());
            found.items.into_iter().map(|l| l.name).collect::<Vec<_>>()
        };
        let any = tests::Filter::default;
        assert_eq!(names(any()).await, ["Search", "Checkout", "Login 100%"]);
        assert_eq!(names(tests::Filter { tags: vec!["auth".into(), "none".into()], ..any() }).await, ["Login 100%"]);
        assert_eq!(names(tests::Filter { search: Some("100%".into()), ..any() }).await, ["Login 100%"]);
        assert_eq!(names(tests::Filter { search: Some("_og".into()), ..any() }).await, [] as [&str; 0]);
        assert_eq!(names(tests::Filter { is_active: Some(false), ..any() }).await, ["Search"]);
        assert_eq!(names(tests::Filter { priority: Some(Priority::High), project_id: Some(1), ..any() }).await, ["Checkout"]);
        assert_eq!(names(tests::Filter { result: Some("off".into()), ..any() }).await, ["Search"]);
        assert_eq!(names(tests::Filter { sort: Some("name".into()), ..any() }).await, ["Checkout", "Login 100%", "Search"]);
        assert_eq!(names(tests::Filter { sort: Some("-name".into()), ..any() }).await, ["Search", "Login 100%", "Checkout"]);
        assert_eq!(names(tests::Filter { sort: Some("priority".into()), ..any() }).await[0], "Checkout");
        assert_eq!(tests::tags(db, &[1, 2], None).await.unwrap(), ["auth", "smoke"]);
        assert!(tests::tags(db, &[2], None).await.unwrap().is_empty());
        let foreign = tests::Filter { organizations: vec![2], ..any() };
        assert_eq!(tests::list(db, &foreign, ALL).await.unwrap().total, 0);
    }
}

#[tokio::test]
async fn tests_are_found_by_their_ids_and_name_in_their_own_project_only() {
    for t in stores().await {
        let db = &t.store.state;
        insert(&t, 1, &document("Login", &[])).await;
        insert(&t, 2, &Document { is_active: false, ..document("Login", &[]) }).await;
        let ids = async |project, ids: &[u64]| {
            let uids: Vec<Uid> = ids.iter().map(|n| uid(*n)).collect();
            let mut found: Vec<Uid> = tests::of_ids(db, project, &uids).await.unwrap().into_iter().map(|t| t.uid).collect();
            found.sort_by_key(ToString::to_string);
            found
        };
        assert_eq!(ids(1, &[2, 1, 7]).await, [uid(1), uid(2)]);
        assert!(ids(2, &[1, 2]).await.is_empty() && ids(1, &[]).await.is_empty());
        assert_eq!(tests::named(db, 1, "Login").await.unwrap().unwrap().uid, uid(1));
        assert!(tests::named(db, 1, "login").await.unwrap().is_none() && tests::named(db, 2, "Login").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn update_of_an_older_version_changes_nothing_and_versions_stay_readable() {
    for t in stores().await {
        let db = &t.store.state;
        let id = insert(&t, 1, &document("Login", &[])).await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(tests::update(&mut tx, id, 1, &document("Sign in", &[]), NOW).await.unwrap(), Some(2));
        assert_eq!(tests::update(&mut tx, id, 1, &document("Other", &[]), NOW).await.unwrap(), None);
        let version = Version { version: 2, summary: "name".into(), created_by: "ada".into(), created_at: NOW };
        versions::insert(&mut tx, id, &document("Sign in", &[]), &version).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(tests::find(db, uid(1)).await.unwrap().unwrap().document.name, "Sign in");
        assert_eq!(versions::list(db, id).await.unwrap(), [version]);
        assert_eq!(versions::find(db, id, 2).await.unwrap().unwrap(), document("Sign in", &[]));
        let mut tx = db.begin().await.unwrap();
        assert!(tests::delete(&mut tx, id).await.unwrap());
        tx.commit().await.unwrap();
        assert!(versions::list(db, id).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn run_begins_and_ends_once_and_its_results_are_found_by_run_and_by_test() {
    for t in stores().await {
        let db = &t.store.state;
        let test = uid(1);
        let mut tx = db.begin().await.unwrap();
        let mut run = run(50);
        run.id = runs::insert(&mut tx, &run).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        assert!(runs::begin(&mut tx, run.id, NOW).await.unwrap() && !runs::begin(&mut tx, run.id, NOW).await.unwrap());
        for (n, status) in [(1, ResultStatus::Failed), (2, ResultStatus::Passed), (2, ResultStatus::Failed)] {
            results::insert(&mut tx, &result(&run, n, test, status)).await.unwrap();
        }
        let counts = Counts { total: 1, passed: 1, failed: 1, skipped: 0, flaky: 1, cost_micros: 12_500 };
        runs::put_counts(&mut tx, run.id, counts).await.unwrap();
        assert!(runs::finish(&mut tx, run.id, RunStatus::Failed, None, NOW).await.unwrap());
        assert!(!runs::finish(&mut tx, run.id, RunStatus::Error, Some("late"), NOW).await.unwrap());
        tx.commit().await.unwrap();
        let stored = runs::find(db, run.uid).await.unwrap().unwrap();
        assert_eq!((stored.status, stored.counts, stored.wanted.retries), (RunStatus::Failed, counts, Some(1)));
        assert_eq!(results::of_run(db, run.id, ALL).await.unwrap().len(), 2);
        let found = results::of_test(db, test, Some(run.uid), ALL).await.unwrap();
        assert_eq!((found.total, found.items[0].status, found.items[0].body.failed_step_index), (2, ResultStatus::Passed, Some(3)));
        let marks = results::marks(db, &[test, uid(5)], 1).await.unwrap();
        assert_eq!((marks.len(), marks[0].status), (1, ResultStatus::Passed));
        let span = results::Span { test, status: Some(ResultStatus::Failed), from: Some(NOW), to: None };
        let (lines, all) = results::history(db, span, ALL).await.unwrap();
        assert_eq!((lines.total, lines.items.len(), all.len()), (1, 1, 1));
        let filter = runs::Filter { organizations: vec![1, 2], test_uid: Some(test), ..runs::Filter::default() };
        assert_eq!(runs::list(db, &filter, ALL).await.unwrap().total, 1);
        for (word, total) in [("ci", 1), ("manual", 0)] {
            let of_trigger = runs::Filter { trigger: Some(word.to_owned()), ..filter.clone() };
            let found = runs::list(db, &of_trigger, ALL).await.unwrap();
            assert_eq!((found.total, found.items.len()), (total, usize::try_from(total).unwrap()), "{word}");
        }
        assert!(runs::active(db).await.unwrap().is_empty());
        let mut tx = db.begin().await.unwrap();
        let thread = Map::from_iter([("thread_id".to_owned(), json!("pr-42"))]);
        let waiting = Run { job_id: 8, ci_metadata: thread, ..self::run(51) };
        runs::insert(&mut tx, &waiting).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(runs::of_thread(db, 1, "pr-42").await.unwrap(), Some(waiting.uid));
        assert_eq!(runs::of_thread(db, 2, "pr-42").await.unwrap(), None);
        assert_eq!(runs::prune(db, NOW.plus_secs(1)).await.unwrap(), 1);
        assert!(results::of_run(db, run.id, ALL).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_a_run_said_comes_back_in_order_and_expired_artifacts_go() {
    for t in stores().await {
        let telemetry = &t.store.telemetry;
        let event = |seq| run_events::RunEvent { seq, name: "log".into(), data: json!({ "n": seq }) };
        run_events::insert(telemetry, uid(1), &[event(1), event(2), event(3)], NOW).await.unwrap();
        run_events::insert(telemetry, uid(1), &[event(3)], NOW).await.unwrap();
        assert_eq!(run_events::after(telemetry, uid(1), 1, 10).await.unwrap(), [event(2), event(3)]);
        assert_eq!((run_events::last(telemetry, uid(1)).await.unwrap(), run_events::last(telemetry, uid(2)).await.unwrap()), (3, 0));
        assert_eq!(run_events::prune(telemetry, NOW.plus_secs(1)).await.unwrap(), 3);

        let db = &t.store.state;
        let artifact = |id: &str, expires_at| Artifact {
            id: id.into(),
            organization_id: 1,
            kind: Kind::Screenshot,
            content_type: "image/png".into(),
            sha256: "ab".into(),
            size_bytes: 3,
            metadata: json!({}),
            created_at: NOW,
            expires_at,
        };
        let mut tx = db.begin().await.unwrap();
        for a in [artifact("a", NOW), artifact("b", NOW.plus_secs(60)), artifact("b", NOW)] {
            artifacts::insert(&mut tx, &a, 1, "r").await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(artifacts::prune(db, NOW.plus_secs(1)).await.unwrap(), 1);
        assert!(artifacts::find(db, "a").await.unwrap().is_none() && artifacts::is_used(db, "ab").await.unwrap());
        assert_eq!(artifacts::list(db, 1, Some(Kind::Screenshot), ALL).await.unwrap().items, [artifact("b", NOW.plus_secs(60))]);
    }
}

#[tokio::test]
async fn file_of_a_project_has_its_name_alone_and_its_bytes_go_with_it() {
    for t in stores().await {
        let db = &t.store.state;
        let artifact = |id: &str| Artifact {
            id: id.into(),
            organization_id: 1,
            kind: Kind::File,
            content_type: "application/octet-stream".into(),
            sha256: format!("sha-{id}"),
            size_bytes: 5,
            metadata: json!({}),
            created_at: NOW,
            expires_at: NOW.plus_secs(60),
        };
        let file = |n: u64, name: &str, artifact: &str| ProjectFile {
            uid: uid(n),
            project_id: 1,
            name: name.into(),
            artifact: artifact.into(),
            size_bytes: 5,
            created_by: "ada".into(),
            created_at: NOW,
        };
        let mut tx = db.begin().await.unwrap();
        for id in ["a", "b"] {
            artifacts::insert(&mut tx, &artifact(id), 1, "x").await.unwrap();
        }
        files::insert(&mut tx, &file(1, "b.txt", "b")).await.unwrap();
        files::insert(&mut tx, &file(2, "a.txt", "a")).await.unwrap();
        assert_eq!(files::usage(&mut tx, 1, "a.txt").await.unwrap(), (1, 5), "besides the one that is written");
        tx.commit().await.unwrap();
        assert_eq!(files::list(db, 1).await.unwrap(), [file(2, "a.txt", "a"), file(1, "b.txt", "b")]);
        let named = |name: &str, sha: &str| (name.to_owned(), sha.to_owned());
        assert_eq!(files::contents(db, 1).await.unwrap(), [named("a.txt", "sha-a"), named("b.txt", "sha-b")]);
        let mut tx = db.begin().await.unwrap();
        let twice = files::insert(&mut tx, &file(3, "a.txt", "b")).await;
        assert!(twice.is_err_and(|e| e.is_unique(files::NAME_TAKEN)));
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(files::delete(&mut tx, 1, "a.txt", NOW).await.unwrap(), Some(uid(2)));
        assert_eq!(files::delete(&mut tx, 1, "a.txt", NOW).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(artifacts::find(db, "a").await.unwrap().unwrap().expires_at, NOW);
        assert_eq!(files::list(db, 1).await.unwrap(), [file(1, "b.txt", "b")]);
    }
}
