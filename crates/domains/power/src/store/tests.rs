//! The stories of the tables, on every engine.

use argos_kernel::{PageRequest, Timestamp};
use argos_store::testing::each_engine;
use serde_json::json;

use super::{devices, energy, outages, snapshots, states, tariffs};
use crate::model::device::{Device, DeviceType};
use crate::model::import::Imported;
use crate::model::input::merge;
use crate::model::reading::Identity;
use crate::model::snapshot::{Extras, Snapshot};
use crate::model::state::{DeviceState, OpenOutage};
use crate::model::tariff::Tariff;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn device(id: &str, name: &str) -> Device {
    let body = json!({"id": id, "name": name, "type": "ups", "poller": "nut", "host": "nas.lan", "tags": ["rack", "a"],
        "rated_power_watts": 900.5, "thresholds": {"load_percent": 80.0}, "feeds": ["host:1"], "enabled": false,
        "connection_config": {"ups_name": "ups"}});
    merge(None, body.as_object().unwrap(), None, at(10), "manual").unwrap().device
}

#[tokio::test]
async fn devices_come_back_as_they_were_written_and_keep_what_a_person_wrote() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        let mut first = device("b", "Alpha");
        first.model = Some("Written".to_owned());
        devices::put(&mut tx, &first).await.unwrap();
        devices::put(&mut tx, &device("a", "Beta")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(devices::list(db).await.unwrap(), [first.clone(), device("a", "Beta")], "by name");
        let told = Identity { model: Some("Told".to_owned()), serial: Some("S1".to_owned()), ..Identity::default() };
        let again = Identity { model: Some("Other".to_owned()), serial: Some("S0".to_owned()), ..Identity::default() };
        devices::seen(db, "b", at(98), (&again, &Identity::default())).await.unwrap();
        devices::seen(db, "b", at(99), (&told, &again)).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let seen = devices::find_in(&mut tx, "b").await.unwrap().unwrap();
        assert_eq!((seen.model.as_deref(), seen.serial.as_deref(), seen.last_seen), (Some("Written"), Some("S1"), Some(at(99))));
        devices::put(&mut tx, &first).await.unwrap();
        assert_eq!(
            devices::find_in(&mut tx, "b").await.unwrap().unwrap().last_seen,
            Some(at(99)),
            "a change of the device keeps its sight"
        );
        assert!(devices::delete(&mut tx, "b").await.unwrap() && !devices::delete(&mut tx, "b").await.unwrap());
    }
}

#[tokio::test]
async fn states_survive_and_an_unreadable_one_is_left_out() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let outage = OpenOutage { id: Some(3), started_at: 5, battery_start: Some(90.0), ..OpenOutage::default() };
        let state = DeviceState { seen: true, status: "OB".to_owned(), on_battery: true, outage: Some(outage), ..DeviceState::default() };
        let mut tx = db.begin().await.unwrap();
        states::put(&mut tx, "a", &DeviceState::default(), at(1)).await.unwrap();
        states::put(&mut tx, "a", &state, at(2)).await.unwrap();
        states::put(&mut tx, "b", &state, at(2)).await.unwrap();
        states::delete(&mut tx, "b").await.unwrap();
        tx.commit().await.unwrap();
        let all = states::all(db).await.unwrap();
        assert_eq!((all.len(), all.get("a")), (1, Some(&state)));
    }
}

#[tokio::test]
async fn outages_close_once_and_are_listed_newest_first() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        let old = outages::open(&mut tx, "a", "Rack", at(100), Some(100.0)).await.unwrap();
        let end = |secs, by| outages::End { at: at(secs), battery: Some(80.0), min_runtime_seconds: None, max_load: Some(40.0), by };
        outages::close(&mut tx, old, end(200, "power_restored")).await.unwrap();
        outages::close(&mut tx, old, end(900, "device_lost")).await.unwrap();
        let open = outages::open(&mut tx, "b", "Other", at(300), None).await.unwrap();
        tx.commit().await.unwrap();
        let (page, total) = outages::list(db, None, PageRequest { limit: 1, offset: 0 }).await.unwrap();
        assert_eq!((page[0].id, total), (open, 2));
        let closed = outages::find(db, old).await.unwrap().unwrap();
        assert_eq!((closed.ended_at, closed.ended_by.as_deref(), closed.battery_end), (Some(at(200)), Some("power_restored"), Some(80.0)));
        assert_eq!(outages::list(db, Some("a"), PageRequest { limit: 9, offset: 0 }).await.unwrap().1, 1);
        let since = |secs| async move { outages::since(db, at(secs)).await.unwrap().iter().map(|o| o.id).collect::<Vec<_>>() };
        assert_eq!((since(150).await, since(250).await), (vec![old, open], vec![open]), "one that lasts is always there");
        assert_eq!(outages::prune(db, at(1_000)).await.unwrap(), 1, "one that lasts is never pruned");
        assert!(outages::find(db, open).await.unwrap().is_some());
    }
}

fn watts(value: f64) -> Snapshot {
    let extras = Extras { alarms: vec!["hot".to_owned()], humidity_percent: Some(40.0), ..Extras::default() };
    Snapshot { power_watts: Some(value), ups_status: Some("OL".to_owned()), extras, ..Snapshot::default() }
}

#[tokio::test]
async fn snapshots_are_stored_once_a_moment_and_pruned_by_age_and_number() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.telemetry;
        assert_eq!(snapshots::insert(db, at(1), "a", DeviceType::Ups, &watts(1.0)).await.unwrap(), 1);
        assert_eq!(snapshots::insert(db, at(1), "a", DeviceType::Ups, &watts(2.0)).await.unwrap(), 0);
        let row = |secs, id: &str| Imported { at: at(secs), device_id: id.to_owned(), kind: DeviceType::Pdu, values: watts(3.0) };
        let file: Vec<Imported> = (1..=6).map(|secs| row(secs, "a")).chain([row(9, "b")]).collect();
        assert_eq!(snapshots::insert_all(db, &file).await.unwrap(), 6);
        let newest = snapshots::latest(db, None).await.unwrap().unwrap();
        assert_eq!((newest.device_id.as_str(), newest.kind, &newest.values), ("b", DeviceType::Pdu, &watts(3.0)));
        assert_eq!(snapshots::latest(db, Some("a")).await.unwrap().unwrap().at, at(6));
        assert!(snapshots::latest(db, Some("x")).await.unwrap().is_none());
        let filter = snapshots::Filter { device_id: Some("a".to_owned()), from: Some(at(2)), to: Some(at(5)) };
        let (page, total) = snapshots::list(db, &filter, PageRequest { limit: 2, offset: 1 }).await.unwrap();
        assert_eq!((page.iter().map(|r| r.at.secs()).collect::<Vec<_>>(), total), (vec![4, 3], 4));
        let first = snapshots::ascending(db, &filter, (at(0), 0), 2).await.unwrap();
        let next = snapshots::ascending(db, &filter, (first[1].at, first[1].id), 9).await.unwrap();
        assert_eq!(first.iter().chain(&next).map(|r| r.at.secs()).collect::<Vec<_>>(), [2, 3, 4, 5], "no row twice, none left out");
        assert_eq!(snapshots::prune(db, at(3), 3).await.unwrap(), 4, "two too old, two too many");
        assert_eq!(snapshots::prune(db, at(0), 0).await.unwrap(), 0);
        snapshots::forget(db, "a").await.unwrap();
        assert_eq!(snapshots::list(db, &snapshots::Filter::default(), PageRequest { limit: 9, offset: 0 }).await.unwrap().1, 1);
    }
}

#[tokio::test]
async fn energy_adds_up_within_an_hour_and_totals_are_replaced() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let bucket = |hour: i64, wh: f64, estimated| energy::Bucket {
            device_id: "a".to_owned(),
            outlet: String::new(),
            start: at(hour * 3_600),
            wh,
            cost: wh / 1_000.0,
            covered_seconds: 60.0,
            estimated,
        };
        let total = energy::Total {
            kwh: 1.5,
            cost: 0.3,
            partial: true,
            method: "counter".to_owned(),
            counter_last: Some(12.0),
            ..energy::Total::default()
        };
        let mut tx = db.begin().await.unwrap();
        for part in [bucket(1, 10.0, true), bucket(1, 5.0, false), bucket(2, 1.0, false)] {
            energy::add(&mut tx, &part).await.unwrap();
        }
        energy::put_total(&mut tx, "a", &energy::Total::default()).await.unwrap();
        energy::put_total(&mut tx, "a", &total).await.unwrap();
        assert_eq!(energy::total_in(&mut tx, "a").await.unwrap(), Some(total.clone()));
        assert_eq!(energy::total_in(&mut tx, "b").await.unwrap(), None);
        tx.commit().await.unwrap();
        let third = |wh| energy::Bucket { outlet: "3".to_owned(), ..bucket(1, wh, false) };
        let outlet = energy::Total { kwh: 0.5, ..energy::Total::default() };
        let rows = vec![energy::bucket_row(&third(2.0)), energy::bucket_row(&third(3.0)), energy::total_row("a", "3", &outlet)];
        db.batch(rows).await.unwrap();
        let of_outlet = energy::buckets(db, Some("a"), Some("3"), at(0), at(7_200)).await.unwrap();
        assert_eq!(of_outlet, [energy::Bucket { covered_seconds: 120.0, cost: 0.005, ..third(5.0) }], "an outlet has hours of its own");
        let hours = energy::buckets(db, Some("a"), Some(""), at(0), at(7_200)).await.unwrap();
        assert_eq!(hours, [energy::Bucket { covered_seconds: 120.0, cost: 0.015, ..bucket(1, 15.0, true) }], "the end is not included");
        let all = [("a".to_owned(), String::new(), total), ("a".to_owned(), "3".to_owned(), outlet)];
        assert_eq!(energy::totals(db).await.unwrap(), all);
        let mut tx = db.begin().await.unwrap();
        energy::clear_whole(&mut tx, "a").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(energy::buckets(db, None, None, at(0), at(1 << 40)).await.unwrap().len(), 1, "its outlets keep theirs");
        assert_eq!(energy::prune(db, at(7_200)).await.unwrap(), 1);
        let mut tx = db.begin().await.unwrap();
        energy::clear(&mut tx, "a").await.unwrap();
        tx.commit().await.unwrap();
        assert!(
            energy::totals(db).await.unwrap().is_empty() && energy::buckets(db, None, None, at(0), at(1 << 40)).await.unwrap().is_empty()
        );
    }
}

#[tokio::test]
async fn tariffs_keep_every_version_and_one_per_moment() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        for (from, rate) in [(200, 0.3), (100, 0.2), (200, 0.4)] {
            tariffs::put(&mut tx, at(from), &Tariff::flat("EUR", rate), at(1)).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(tariffs::list(db).await.unwrap(), [(at(100), Tariff::flat("EUR", 0.2)), (at(200), Tariff::flat("EUR", 0.4))]);
    }
}
