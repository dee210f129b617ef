use argos_kernel::{PageRequest, Timestamp};
use argos_store::testing::each_engine;
use serde_json::json;

use super::*;
use crate::model::plan::{Plan, PlanBody};
use crate::model::plan_trigger::PlanWatch;
use crate::store::plans;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn body() -> PlanBody {
    let step = |id: &str| json!({"id": id, "kind": "ssh", "host": "nas", "user": "root"});
    serde_json::from_value(json!({"phases": [{"order": 10, "actions": [step("s1"), step("s2")]}]})).unwrap()
}

fn run(plan_id: i64, mode: Mode) -> Run {
    Run {
        id: 0,
        plan_id,
        plan_uid: "u".to_owned(),
        plan_name: "rack".to_owned(),
        mode,
        state: RunState::Running,
        trigger: "manual".to_owned(),
        reason: Some("move".to_owned()),
        started_by: "ada".to_owned(),
        body: body(),
        secrets_enc: None,
        stop: None,
        stop_by: None,
        saw_battery: false,
        restore_wanted: false,
        started_at: at(5),
        ended_at: None,
    }
}

#[tokio::test]
async fn plan_is_stored_changed_and_remembered() {
    for engine in each_engine(crate::MIGRATIONS).await {
        let db = &engine.store.state;
        let plan = Plan {
            id: 0,
            uid: "u".to_owned(),
            name: "rack".to_owned(),
            enabled: true,
            armed: false,
            body: body(),
            secrets_enc: Some("sealed".to_owned()),
            created_at: at(1),
            updated_at: at(1),
        };
        let mut tx = db.begin().await.unwrap();
        let id = plans::insert(&mut tx, &plan).await.unwrap();
        tx.commit().await.unwrap();
        let stored = plans::find(db, id).await.unwrap().unwrap();
        assert_eq!(stored, Plan { id, ..plan.clone() });
        let mut tx = db.begin().await.unwrap();
        plans::update(&mut tx, &Plan { armed: true, updated_at: at(2), ..stored }).await.unwrap();
        let mut watch = PlanWatch::default();
        watch.started(7);
        plans::remember(&mut tx, id, &watch).await.unwrap();
        tx.commit().await.unwrap();
        let (changed, remembered) = plans::list(db).await.unwrap().remove(0);
        assert!(changed.armed && changed.updated_at == at(2) && remembered == watch);
        let mut tx = db.begin().await.unwrap();
        let twice = plans::insert(&mut tx, &plan).await.unwrap_err();
        assert!(twice.to_string().contains("power_shutdown_plans.name"), "{twice}");
    }
}

#[tokio::test]
async fn run_moves_forward_only_and_a_finished_step_never_begins_again() {
    for engine in each_engine(crate::MIGRATIONS).await {
        let db = &engine.store.state;
        let mut tx = db.begin().await.unwrap();
        let id = insert(&mut tx, &run(1, Mode::Real)).await.unwrap();
        let other = insert(&mut tx, &run(2, Mode::Real)).await.unwrap();
        for (phase, step) in body().steps() {
            insert_step(&mut tx, &StepRow::pending(id, Direction::Shutdown, phase.order, step)).await.unwrap();
            insert_step(&mut tx, &StepRow::pending(id, Direction::Shutdown, phase.order, step)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let rows = steps(db, id).await.unwrap();
        assert_eq!(rows.len(), 2, "a step stands once");
        assert_eq!(begin_step(db, rows[0].id, at(6)).await.unwrap(), Some(1));
        assert_eq!(begin_step(db, rows[0].id, at(7)).await.unwrap(), Some(2));
        assert_eq!(shared(db, "ssh|nas|22|sudo -n systemctl poweroff", other).await.unwrap().unwrap().id, rows[0].id);
        assert!(shared(db, "ssh|nas|22|sudo -n systemctl poweroff", id).await.unwrap().is_none());
        let mut tx = db.begin().await.unwrap();
        assert!(end_step(&mut tx, rows[0].id, Outcome { state: StepState::Done, result: "gone", ordered: true }, at(8)).await.unwrap());
        assert!(!end_step(&mut tx, rows[0].id, Outcome { state: StepState::Failed, result: "no", ordered: false }, at(9)).await.unwrap());
        assert_eq!(skip_rest(&mut tx, id, "cancelled", at(9)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(begin_step(db, rows[0].id, at(9)).await.unwrap(), None);
        assert_eq!(begin_step(db, rows[1].id, at(9)).await.unwrap(), None);

        let mut tx = db.begin().await.unwrap();
        assert!(stop(&mut tx, id, "operator", "ada").await.unwrap());
        assert!(!stop(&mut tx, id, "power_return", "system").await.unwrap());
        tx.commit().await.unwrap();
        assert!(!commit_to_final(db, id).await.unwrap(), "stopped before the point of no return");
        assert!(commit_to_final(db, other).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(!stop(&mut tx, other, "operator", "ada").await.unwrap(), "too late");
        assert!(advance(&mut tx, id, RunState::Running, RunState::Cancelled, Some(at(10))).await.unwrap());
        assert!(!advance(&mut tx, id, RunState::Running, RunState::Halted, None).await.unwrap());
        tx.commit().await.unwrap();
        let (all, total) = list(db, None, PageRequest { limit: 10, offset: 0 }).await.unwrap();
        assert_eq!((all.len(), total, all[0].id), (2, 2, other));
        assert_eq!(list(db, Some(1), PageRequest { limit: 10, offset: 0 }).await.unwrap().0[0].stop.as_deref(), Some("operator"));
        assert_eq!(open(db).await.unwrap().len(), 2);
        assert_eq!(prune(db, at(100)).await.unwrap(), 0, "an open run is kept");
        let mut tx = db.begin().await.unwrap();
        advance(&mut tx, id, RunState::Cancelled, RunState::Restored, Some(at(11))).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(prune(db, at(100)).await.unwrap(), 1);
        assert!(steps(db, id).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn host_that_was_told_to_go_is_known_until_it_was_started_again() {
    for engine in each_engine(crate::MIGRATIONS).await {
        let db = &engine.store.state;
        let key = "ssh|nas|22|sudo -n systemctl poweroff";
        let mut tx = db.begin().await.unwrap();
        let id = insert(&mut tx, &run(1, Mode::Real)).await.unwrap();
        let (phase, step) = body().steps().next().map(|(p, s)| (p.order, s.clone())).unwrap();
        insert_step(&mut tx, &StepRow::pending(id, Direction::Shutdown, phase, &step)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(ordered_before(db, key, id + 1).await.unwrap().is_none(), "not told yet");
        let row = steps(db, id).await.unwrap().remove(0);
        let mut tx = db.begin().await.unwrap();
        assert!(end_step(&mut tx, row.id, Outcome { state: StepState::Failed, result: "slow", ordered: true }, at(8)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(ordered_before(db, key, id + 1).await.unwrap().map(|s| s.run_id), Some(id));
        assert!(ordered_before(db, key, id).await.unwrap().is_none(), "another run's");
        let mut tx = db.begin().await.unwrap();
        insert_step(&mut tx, &StepRow { state: StepState::Done, ..StepRow::pending(id, Direction::Restore, phase, &step) }).await.unwrap();
        tx.commit().await.unwrap();
        assert!(ordered_before(db, key, id + 1).await.unwrap().is_none(), "started again");
        let listed = list(db, Some(1), PageRequest { limit: 10, offset: 0 }).await.unwrap().0;
        assert_eq!(steps_of(db, Some(1), &listed).await.unwrap()[&id].len(), 2);
        assert!(steps_of(db, Some(2), &listed).await.unwrap().is_empty());
    }
}
