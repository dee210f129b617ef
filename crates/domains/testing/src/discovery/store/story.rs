//! The tables of explorations on both engines.

use argos_kernel::{ManualClock, PageRequest, SeededRng, Timestamp, Uid};
use argos_sitegraph::{Flow, FlowKind, PageSeen};
use argos_store::Migration;
use argos_store::testing::each_engine;
use serde_json::json;

use super::{addresses, flows, pages, sessions};
use crate::discovery::model::{Address, AddressState, Discovery, Findings, Found, Page, Status, Validation, Wanted};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);
const ALL: PageRequest = PageRequest { limit: 100, offset: 0 };

fn uid(n: u64) -> Uid {
    Uid::mint(&ManualClock::at(NOW), &SeededRng::new(n))
}

fn migrations() -> Vec<Migration> {
    [argos_settings::MIGRATIONS, argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_identity::MIGRATIONS, crate::MIGRATIONS].concat()
}

fn discovery() -> Discovery {
    Discovery {
        id: 0,
        uid: uid(1),
        job_id: 7,
        organization_id: 1,
        project_id: 1,
        project_uid: uid(99),
        status: Status::Pending,
        phase: "exploring".into(),
        app_url: "https://s.example/".into(),
        wanted: Wanted { max_pages: 10, ..Wanted::default() },
        auth_enc: Some("sealed".into()),
        robots: None,
        found: Found::default(),
        current_url: None,
        current_depth: None,
        coverage_score: None,
        error: None,
        created_by: "ada".into(),
        created_at: NOW,
        started_at: None,
        completed_at: None,
    }
}

fn page(n: u64, url: &str) -> Page {
    Page {
        id: 0,
        uid: uid(n),
        position: i64::try_from(n).unwrap(),
        url: url.into(),
        title: "Shop".into(),
        page_type: "landing".into(),
        depth: 0,
        status_code: Some(200),
        structure_hash: "ab".into(),
        load_time_ms: 12,
        requires_auth: false,
        screenshot: Some("screenshot_1".into()),
        elements_count: 3,
        forms_count: 1,
        links_count: 2,
        seen: PageSeen { url: url.into(), lcp_ms: Some(1.5), ..PageSeen::default() },
        findings: Findings { console_errors: vec!["no".into()], ..Findings::default() },
        discovered_at: NOW,
    }
}

fn address(seq: i64, url: &str, state: AddressState) -> Address {
    Address { url: url.into(), depth: 1, seq, state, reason: None, label: "Shop".into(), from_url: None }
}

#[tokio::test]
async fn exploration_is_held_by_one_job_and_its_pages_and_flows_go_with_it() {
    for t in each_engine(&migrations()).await {
        let organization =
            "insert into organizations (uid, name, slug, plan, settings, features, is_personal, is_default, created_at, updated_at)
             values ('o1', 'Acme', 'acme-story', 'free', '{}', '{}', false, false, 0, 0)";
        let project = "insert into projects (uid, organization_id, name, settings, is_active, created_by, created_at, updated_at)
             select 'p1', max(id), 'Shop', '{}', true, 'ada', 0, 0 from organizations";
        for sql in [organization, project] {
            t.store.state.script(sql).await.unwrap();
        }
        let db = &t.store.state;
        let mut d = discovery();
        let mut tx = db.begin().await.unwrap();
        d.id = sessions::insert(&mut tx, &d).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sessions::find(db, d.uid).await.unwrap().unwrap(), d);
        assert!(!sessions::begin(db, &d, 8, NOW).await.unwrap(), "another job's");
        assert!(sessions::begin(db, &d, 7, NOW).await.unwrap() && sessions::is_held(db, d.id, 7).await.unwrap());

        let mut tx = db.begin().await.unwrap();
        for a in [address(0, "https://s.example/", AddressState::Queued), address(1, "https://s.example/a", AddressState::Queued)] {
            assert!(addresses::insert(&mut tx, d.id, &a).await.unwrap());
            assert!(!addresses::insert(&mut tx, d.id, &a).await.unwrap());
        }
        addresses::set(&mut tx, d.id, "https://s.example/", AddressState::Visited, None).await.unwrap();
        assert!(pages::insert(&mut tx, d.id, &page(2, "https://s.example/")).await.unwrap());
        assert!(!pages::insert(&mut tx, d.id, &page(3, "https://s.example/")).await.unwrap());
        let found = Found { pages: 1, elements: 3, forms: 1, errors: 1, queued: 1, active_ms: 900, flows: 0 };
        assert!(sessions::put_progress(&mut tx, d.id, 7, &found, Some(("https://s.example/", 0))).await.unwrap());
        assert!(!sessions::put_progress(&mut tx, d.id, 8, &found, None).await.unwrap());
        tx.commit().await.unwrap();
        let waiting = addresses::of(db, d.id, Some(AddressState::Queued), 10).await.unwrap();
        assert_eq!(waiting, [address(1, "https://s.example/a", AddressState::Queued)]);
        let kept = pages::all(db, d.id).await.unwrap();
        assert_eq!((kept.len(), kept[0].seen.lcp_ms, kept[0].findings.console_errors.len()), (1, Some(1.5), 1));
        assert_eq!((pages::count(db, d.id, Some("list")).await.unwrap(), pages::count(db, d.id, None).await.unwrap()), (0, 1));
        assert_eq!(pages::find(db, d.id, uid(2)).await.unwrap().unwrap().url, "https://s.example/");

        let running = sessions::find(db, d.uid).await.unwrap().unwrap();
        assert_eq!((running.found, running.current_depth), (found, Some(0)));
        let mut tx = db.begin().await.unwrap();
        assert!(sessions::move_to(&mut tx, &running, Status::Paused, None, NOW).await.unwrap());
        assert!(!sessions::move_to(&mut tx, &running, Status::Completed, None, NOW).await.unwrap());
        assert!(sessions::again(&mut tx, d.id, 9).await.unwrap() && !sessions::again(&mut tx, d.id, 10).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!sessions::is_held(db, d.id, 7).await.unwrap() && sessions::begin(db, &d, 9, NOW).await.unwrap());

        let way = Flow {
            name: "Search".into(),
            description: String::new(),
            kind: FlowKind::Search,
            priority: 5,
            start_url: "https://s.example/".into(),
            steps: Vec::new(),
            pages: Vec::new(),
            success_criteria: Vec::new(),
            confidence: 0.8,
            harmless: true,
        };
        let mut tx = db.begin().await.unwrap();
        flows::replace(&mut tx, d.id, &[(uid(20), &way)], NOW).await.unwrap();
        flows::replace(&mut tx, d.id, &[(uid(21), &way)], NOW).await.unwrap();
        assert!(sessions::put_learned(&mut tx, d.id, 9, 1, Some(50.5)).await.unwrap());
        tx.commit().await.unwrap();
        let (flow, of) = flows::find(db, uid(21)).await.unwrap().unwrap();
        assert_eq!((of, flow.validated, flow.flow.clone()), (d.uid, None, way.clone()));
        let validation = Validation { success: true, steps_passed: 2, ..Validation::default() };
        flows::put_validation(db, flow.id, &validation, NOW).await.unwrap();
        flows::put_test(db, flow.id, uid(40), NOW).await.unwrap();
        let stored = &flows::of(db, d.id).await.unwrap()[0];
        assert_eq!((stored.validated, stored.validation.clone(), stored.test_uid), (Some(true), Some(validation), Some(uid(40))));
        let mut tx = db.begin().await.unwrap();
        flows::edit(&mut tx, flow.id, &Flow { priority: 1, ..way }, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(flows::of(db, d.id).await.unwrap()[0].validated, None);

        sessions::put_robots(db, d.id, &json!({ "found": true })).await.unwrap();
        let mine = sessions::Filter { organization_id: 1, project_id: None, status: Some(Status::Running) };
        let listed = sessions::list(db, &mine, ALL).await.unwrap();
        assert_eq!(
            (listed.total, listed.items[0].coverage_score, listed.items[0].robots.clone()),
            (1, Some(50.5), Some(json!({ "found": true })))
        );
        let foreign = sessions::Filter { organization_id: 2, ..mine };
        assert_eq!(sessions::list(db, &foreign, ALL).await.unwrap().total, 0);
        assert_eq!(sessions::active(db).await.unwrap().len(), 1);

        let mut tx = db.begin().await.unwrap();
        assert!(!sessions::delete(&mut tx, d.id).await.unwrap(), "it runs");
        let running = sessions::find(db, d.uid).await.unwrap().unwrap();
        assert!(sessions::move_to(&mut tx, &running, Status::Completed, None, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(sessions::prune(db, NOW.plus_secs(1)).await.unwrap(), 1);
        assert!(pages::all(db, d.id).await.unwrap().is_empty() && flows::of(db, d.id).await.unwrap().is_empty());
    }
}
