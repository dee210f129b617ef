//! The tables of pictures on both engines.

use argos_kernel::{ManualClock, PageRequest, SeededRng, Timestamp, Uid};
use argos_store::Migration;
use argos_store::testing::{TestStore, each_engine};

use super::{baselines, comparisons, snapshots};
use crate::model::artifact::{Artifact, Kind};
use crate::store::artifacts;
use crate::visual::model::record::{Baseline, BaselineVersion, Comparison, Measured, Snapshot, Status, Taken};
use crate::visual::model::wanted::{Region, Tolerance, Viewport};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);
const ALL: PageRequest = PageRequest { limit: 100, offset: 0 };

fn uid(n: u64) -> Uid {
    Uid::mint(&ManualClock::at(NOW), &SeededRng::new(n))
}

async fn stores() -> Vec<TestStore> {
    let migrations: Vec<Migration> =
        [argos_settings::MIGRATIONS, argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_identity::MIGRATIONS, crate::MIGRATIONS]
            .concat();
    let stores = each_engine(&migrations).await;
    for t in &stores {
        let organization =
            "insert into organizations (uid, name, slug, plan, settings, features, is_personal, is_default, created_at, updated_at)
             values ('o1', 'Acme', 'acme-pictures', 'free', '{}', '{}', false, false, 0, 0)";
        let project = "insert into projects (uid, organization_id, name, settings, is_active, created_by, created_at, updated_at)
             select 'p1', max(id), 'Shop', '{}', true, 'ada', 0, 0 from organizations";
        for sql in [organization, project] {
            t.store.state.script(sql).await.unwrap();
        }
    }
    stores
}

fn baseline(n: u64, branch: &str) -> Baseline {
    Baseline {
        id: 0,
        uid: uid(n),
        organization_id: 1,
        project_id: 1,
        project_uid: uid(99),
        test_uid: Some(uid(50)),
        name: "front".into(),
        url: "http://127.0.0.1/".into(),
        browser: "chromium".into(),
        viewport: Viewport::default(),
        branch: branch.into(),
        version: 0,
        picture: None,
        facts: None,
        ignore_regions: vec![Region::Text("Today".into())],
        tolerance: None,
        taken: Taken::default(),
        created_by: "ada".into(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn snapshot() -> Snapshot {
    Snapshot {
        uid: uid(5),
        organization_id: 1,
        project_id: 1,
        project_uid: uid(99),
        name: None,
        url: "http://127.0.0.1/".into(),
        browser: "chromium".into(),
        viewport: Viewport::default(),
        picture: "a".into(),
        facts: "b".into(),
        metadata: serde_json::json!({"title": "x"}),
        captured_at: NOW,
    }
}

fn comparison(n: u64, b: &Baseline, status: Status, percent: Option<f64>) -> Comparison {
    let measured = Measured { matches: percent.map(|p| p > 99.9), match_percentage: percent, ..Measured::default() };
    Comparison {
        id: 0,
        uid: uid(n),
        organization_id: 1,
        project_id: 1,
        project_uid: uid(99),
        baseline: Some(b.uid),
        baseline_id: Some(b.id),
        baseline_version: b.version,
        name: "Shop · front".into(),
        url: b.url.clone(),
        browser: "chromium".into(),
        viewport: Viewport::default(),
        branch: b.branch.clone(),
        run_uid: Some(uid(70)),
        test_uid: b.test_uid,
        status,
        superseded: false,
        before: None,
        after: "screenshot_a".into(),
        after_facts: None,
        difference: None,
        current: None,
        measured,
        notes: None,
        reviewed_by: None,
        reviewed_at: None,
        compared_at: NOW.plus_secs(i64::try_from(n).unwrap()),
    }
}

fn artifact(id: &str) -> Artifact {
    Artifact {
        id: id.into(),
        organization_id: 1,
        kind: Kind::Screenshot,
        content_type: "image/png".into(),
        sha256: "ab".into(),
        size_bytes: 1,
        metadata: serde_json::json!({}),
        created_at: NOW,
        expires_at: NOW.plus_secs(60),
    }
}

fn version(n: i64, picture: &str) -> BaselineVersion {
    BaselineVersion {
        version: n,
        picture: picture.into(),
        facts: None,
        taken: Some(Taken::default()),
        note: "first".into(),
        created_by: "ada".into(),
        created_at: NOW,
    }
}

const FOREVER: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Writes a baseline whose first picture is this one.
async fn approved(tx: &mut argos_store::Tx, b: Baseline, picture: &str) -> Baseline {
    let mut b = baselines::ensure(tx, b).await.unwrap().unwrap();
    (b.version, b.picture) = (1, Some(picture.into()));
    assert!(baselines::put(tx, &b, 0).await.unwrap());
    assert!(baselines::add_version(tx, b.id, &version(1, picture), FOREVER).await.unwrap());
    b
}

#[tokio::test]
async fn baseline_keeps_every_approved_picture_and_refuses_a_stale_change() {
    for t in stores().await {
        let db = &t.store.state;
        let new =
            Baseline { taken: Taken { full_page: true, mask_selectors: vec![".price".into()], ..Taken::default() }, ..baseline(1, "main") };
        let mut tx = db.begin().await.unwrap();
        artifacts::insert(&mut tx, &artifact("screenshot_a"), 1, "x").await.unwrap();
        let mut b = baselines::ensure(&mut tx, new).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(baselines::find(db, b.uid).await.unwrap().unwrap(), b);

        // Who comes second to a place gets what is there.
        let mut tx = db.begin().await.unwrap();
        let there = baselines::ensure(&mut tx, baseline(2, "main")).await.unwrap().unwrap();
        assert_eq!(there, b, "one baseline for a name, size and branch");
        let mut other = Baseline { name: "back".into(), ..baseline(2, "main") };
        other = baselines::ensure(&mut tx, other).await.unwrap().unwrap();
        let renamed = baselines::put(&mut tx, &Baseline { name: b.name.clone(), ..other }, 0).await;
        assert!(renamed.is_err_and(|e| e.is_unique(baselines::PLACE_TAKEN)), "a name that another one has");
        drop(tx);

        b.version = 1;
        b.picture = Some("screenshot_a".into());
        b.tolerance = Some(Tolerance::default());
        let mut tx = db.begin().await.unwrap();
        assert!(baselines::put(&mut tx, &b, 0).await.unwrap());
        assert!(!baselines::put(&mut tx, &b, 0).await.unwrap(), "it has version 1 by now");
        assert!(baselines::add_version(&mut tx, b.id, &version(1, "screenshot_a"), FOREVER).await.unwrap());
        assert!(!baselines::add_version(&mut tx, b.id, &version(2, "screenshot_gone"), FOREVER).await.unwrap(), "it is not kept any more");
        tx.commit().await.unwrap();
        assert_eq!(artifacts::find(db, "screenshot_a").await.unwrap().unwrap().expires_at, FOREVER);
        assert_eq!(baselines::list(db, 1, Some("main"), ALL).await.unwrap().items, [b.clone()]);
        assert_eq!(baselines::list(db, 1, Some("other"), ALL).await.unwrap().total, 0);
        assert_eq!(baselines::versions(db, b.id, 5).await.unwrap().items, [version(1, "screenshot_a")]);
        let place = baselines::place(b.test_uid, "front", "chromium", &b.viewport, "main");
        assert_eq!(baselines::find_at(db, 1, &place).await.unwrap().unwrap().version, 1);

        let mut tx = db.begin().await.unwrap();
        assert!(baselines::delete(&mut tx, &b, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(artifacts::find(db, "screenshot_a").await.unwrap().unwrap().expires_at, NOW, "its picture may go");
    }
}

#[tokio::test]
async fn removed_baseline_leaves_others_the_pictures_they_have_too() {
    for t in stores().await {
        let db = &t.store.state;
        let until = NOW.plus_secs(500);
        let expiry = async |id: &str| artifacts::find(db, id).await.unwrap().unwrap().expires_at;
        let mut tx = db.begin().await.unwrap();
        for id in ["shared", "own"] {
            artifacts::insert(&mut tx, &artifact(id), 1, "x").await.unwrap();
        }
        let first = approved(&mut tx, baseline(1, "main"), "shared").await;
        let second = approved(&mut tx, baseline(2, "other"), "shared").await;
        assert!(baselines::add_version(&mut tx, first.id, &version(2, "own"), FOREVER).await.unwrap());
        tx.commit().await.unwrap();

        let mut tx = db.begin().await.unwrap();
        assert!(baselines::delete(&mut tx, &first, until).await.unwrap());
        tx.commit().await.unwrap();
        // The result of a run may name it: it stays as long as evidence does.
        assert_eq!((expiry("shared").await, expiry("own").await), (FOREVER, until));
        let mut tx = db.begin().await.unwrap();
        assert!(baselines::delete(&mut tx, &second, until).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(expiry("shared").await, until, "no baseline has it any more");
    }
}

#[tokio::test]
async fn screens_of_a_baseline_are_those_of_its_name_test_branch_and_browser() {
    for t in stores().await {
        let db = &t.store.state;
        let wide = Viewport { width: 1_920, height: 1_080, ..Viewport::default() };
        let mut tx = db.begin().await.unwrap();
        let first = baselines::ensure(&mut tx, Baseline { test_uid: None, ..baseline(1, "main") }).await.unwrap().unwrap();
        let second = Baseline { test_uid: None, viewport: wide.clone(), ..baseline(2, "main") };
        let second = baselines::ensure(&mut tx, second).await.unwrap().unwrap();
        let of_test = baselines::ensure(&mut tx, baseline(3, "main")).await.unwrap().unwrap();
        for other in [
            Baseline { test_uid: None, name: "back".into(), ..baseline(4, "main") },
            Baseline { test_uid: None, ..baseline(5, "other") },
            Baseline { test_uid: None, browser: "firefox".into(), ..baseline(6, "main") },
        ] {
            baselines::ensure(&mut tx, other).await.unwrap().unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(baselines::screens(db, &second, 5).await.unwrap(), [first.clone(), second.clone()]);
        assert_eq!(baselines::screens(db, &second, 1).await.unwrap(), [first]);
        assert_eq!(baselines::screens(db, &of_test, 5).await.unwrap(), [of_test]);
    }
}

#[tokio::test]
async fn newer_comparison_takes_the_place_in_the_queue_and_a_decision_is_taken_once() {
    for t in stores().await {
        let db = &t.store.state;
        let mut tx = db.begin().await.unwrap();
        let b = baselines::ensure(&mut tx, baseline(1, "main")).await.unwrap().unwrap();
        artifacts::insert(&mut tx, &artifact("screenshot_a"), 1, "x").await.unwrap();
        let old = comparison(10, &b, Status::PendingReview, None);
        comparisons::insert(&mut tx, &old, NOW).await.unwrap();
        let kept = NOW.plus_secs(5_000);
        let id = comparisons::insert(&mut tx, &comparison(11, &b, Status::PendingReview, Some(98.5)), kept).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(artifacts::find(db, "screenshot_a").await.unwrap().unwrap().expires_at, kept, "it stays as long as the decision");
        let queue = comparisons::Filter {
            organization_id: 1,
            status: Some(Status::PendingReview),
            superseded: Some(false),
            ..comparisons::Filter::default()
        };
        let waiting = comparisons::list(db, &queue, ALL).await.unwrap();
        assert_eq!((waiting.total, waiting.items[0].uid), (1, uid(11)));
        assert!(comparisons::find(db, old.uid).await.unwrap().unwrap().superseded);
        let foreign = comparisons::Filter { organization_id: 2, ..comparisons::Filter::default() };
        assert_eq!(comparisons::list(db, &foreign, ALL).await.unwrap().total, 0);

        let mut tx = db.begin().await.unwrap();
        assert!(comparisons::review(&mut tx, id, Status::Approved, Some("fine"), "ada", NOW).await.unwrap());
        assert!(!comparisons::review(&mut tx, id, Status::Rejected, None, "bob", NOW).await.unwrap());
        comparisons::insert(&mut tx, &comparison(12, &b, Status::Passed, Some(100.0)), NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(comparisons::approved(db, b.id).await.unwrap().len(), 1);
        let all = comparisons::Filter { organization_id: 1, baseline_id: Some(b.id), ..comparisons::Filter::default() };
        let days = comparisons::days(db, &all).await.unwrap();
        let day = &days[0];
        assert_eq!((days.len(), day.total, day.matches, day.mismatches, day.approved, day.pending), (1, 3, 1, 1, 1, 0));
        assert_eq!((day.lowest, day.highest, day.average), (Some(98.5), Some(100.0), Some(99.25)));
        assert_eq!(comparisons::prune(db, NOW.plus_secs(12)).await.unwrap(), 2);

        // What a rule took teaches nothing, and a person may decide otherwise.
        let mut tx = db.begin().await.unwrap();
        let ruled = comparisons::insert(&mut tx, &comparison(13, &b, Status::AutoApproved, Some(98.0)), NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert!(comparisons::approved(db, b.id).await.unwrap().is_empty());
        let mut tx = db.begin().await.unwrap();
        assert!(comparisons::review(&mut tx, ruled, Status::Rejected, Some("wrong"), "ada", NOW).await.unwrap());
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn snapshot_is_found_until_its_time_is_over() {
    for t in stores().await {
        let db = &t.store.state;
        let snapshot = snapshot();
        let mut tx = db.begin().await.unwrap();
        snapshots::insert(&mut tx, &snapshot).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(snapshots::find(db, snapshot.uid).await.unwrap(), Some(snapshot.clone()));
        assert_eq!(snapshots::prune(db, NOW).await.unwrap(), 0);
        assert_eq!(snapshots::prune(db, NOW.plus_secs(1)).await.unwrap(), 1);
    }
}
