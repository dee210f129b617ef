//! `power_export_queue`: what waits for each exporter, in the telemetry database; and `power_mqtt_devices`: whose
//! retained messages a broker may hold.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, args};

use super::{json, text};
use crate::model::export::{Body, Exporter, Point};

argos_store::statements! {
    telemetry;
    PUT = "power.export_queue.put",
        "insert into power_export_queue (exporter, at, device_id, device_type, event_id, body) values ($1,$2,$3,$4,$5,$6)
         on conflict (exporter, event_id) do nothing";
    HEAD = "power.export_queue.head",
        "select id, at, device_id, device_type, event_id, body from power_export_queue where exporter = $1 order by id limit $2";
    REMOVE = "power.export_queue.remove", "delete from power_export_queue where exporter = $1 and id <= $2";
    COUNT = "power.export_queue.count", "select count(*) from power_export_queue where exporter = $1";
    TRIM_OLD = "power.export_queue.trim_old", "delete from power_export_queue where exporter = $1 and at < $2";
    TRIM_MANY = "power.export_queue.trim_many",
        "delete from power_export_queue where exporter = $1 and id <=
           (select id from power_export_queue where exporter = $1 order by id desc limit 1 offset $2)";
}

pub(crate) mod mqtt_devices {
    //! `power_mqtt_devices`.

    use argos_store::{Database, StoreError, args};

    argos_store::statements! {
        state;
        LIST = "power.mqtt_devices.list", "select device_id from power_mqtt_devices order by device_id";
        PUT = "power.mqtt_devices.put", "insert into power_mqtt_devices (device_id) values ($1) on conflict (device_id) do nothing";
        DELETE = "power.mqtt_devices.delete", "delete from power_mqtt_devices where device_id = $1";
    }

    pub(crate) async fn list(db: &Database) -> Result<Vec<String>, StoreError> {
        db.query(LIST, args![]).await?.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn put(db: &Database, device_id: &str) -> Result<(), StoreError> {
        db.exec(PUT, args![device_id]).await.map(drop)
    }

    pub(crate) async fn delete(db: &Database, device_id: &str) -> Result<(), StoreError> {
        db.exec(DELETE, args![device_id]).await.map(drop)
    }
}

/// The point of `queue` and its place there.
fn read(row: &Row) -> Result<(i64, Point), StoreError> {
    let body = row.get::<String>(5)?;
    let body = match row.get::<Option<i64>>(4)? {
        Some(_) => Body::Event(json(&body, 5)?),
        None => Body::Sample(json(&body, 5)?),
    };
    Ok((row.get(0)?, Point { at: row.get(1)?, device_id: row.get(2)?, device_type: row.get(3)?, body }))
}

/// Puts a point into the queues of the given exporters, in one transaction. An event that waits there already is not
/// put twice.
pub(crate) async fn put(db: &Database, exporters: &[Exporter], point: &Point, event_id: Option<i64>) -> Result<(), StoreError> {
    let body = match &point.body {
        Body::Sample(values) => text(values),
        Body::Event(event) => text(event),
    };
    let row = |e: &Exporter| (PUT, args![e.as_str(), point.at, &point.device_id, &point.device_type, event_id, &body]);
    db.batch(exporters.iter().map(row).collect()).await.map(drop)
}

/// Oldest first.
pub(crate) async fn head(db: &Database, exporter: Exporter, limit: i64) -> Result<Vec<(i64, Point)>, StoreError> {
    db.query(HEAD, args![exporter.as_str(), limit]).await?.iter().map(read).collect()
}

/// Everything up to a place was taken.
pub(crate) async fn remove(db: &Database, exporter: Exporter, upto: i64) -> Result<u64, StoreError> {
    db.exec(REMOVE, args![exporter.as_str(), upto]).await
}

pub(crate) async fn count(db: &Database, exporter: Exporter) -> Result<i64, StoreError> {
    db.one(COUNT, args![exporter.as_str()]).await?.get(0)
}

/// Drops what is older than `before`, then the oldest beyond `points_max`; how many went.
pub(crate) async fn trim(db: &Database, exporter: Exporter, before: Timestamp, points_max: i64) -> Result<u64, StoreError> {
    let old = db.exec(TRIM_OLD, args![exporter.as_str(), before]).await?;
    Ok(old + db.exec(TRIM_MANY, args![exporter.as_str(), points_max]).await?)
}

#[cfg(test)]
mod tests {
    use argos_store::testing::each_engine;
    use serde_json::json;

    use super::*;
    use crate::model::device::DeviceType;
    use crate::model::snapshot::{Extras, Snapshot};

    fn point(secs: i64) -> Point {
        let extras = Extras { input_voltage: Some(231.5), alarms: vec!["hot".to_owned()], ..Extras::default() };
        let values = Snapshot { power_watts: Some(450.5), ups_status: Some("OL".to_owned()), extras, ..Snapshot::default() };
        Point::sample(Timestamp::from_secs(secs), "nut:a@b", DeviceType::Ups, values)
    }

    #[tokio::test]
    async fn queue_keeps_order_per_exporter_and_drops_the_oldest_beyond_its_bounds() {
        for test in each_engine(crate::MIGRATIONS).await {
            let db = &test.store.telemetry;
            for secs in 1..=10 {
                put(db, &[Exporter::Influxdb, Exporter::Csv], &point(secs), None).await.unwrap();
            }
            let first = head(db, Exporter::Influxdb, 3).await.unwrap();
            assert_eq!(first.iter().map(|(_, p)| p.at.secs()).collect::<Vec<_>>(), [1, 2, 3]);
            assert_eq!(first[0].1, point(1), "a point comes back as it went in");
            assert_eq!(remove(db, Exporter::Influxdb, first[2].0).await.unwrap(), 3);
            assert_eq!((count(db, Exporter::Influxdb).await.unwrap(), count(db, Exporter::Csv).await.unwrap()), (7, 10));
            assert_eq!(trim(db, Exporter::Csv, Timestamp::from_secs(3), 5).await.unwrap(), 5, "two too old, three too many");
            let left = head(db, Exporter::Csv, 100).await.unwrap();
            assert_eq!(left.iter().map(|(_, p)| p.at.secs()).collect::<Vec<_>>(), [6, 7, 8, 9, 10]);
            assert_eq!(trim(db, Exporter::Csv, Timestamp::from_secs(3), 5).await.unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn event_told_twice_waits_once_and_samples_do_not_collide() {
        for test in each_engine(crate::MIGRATIONS).await {
            let db = &test.store.telemetry;
            let event = Point { body: Body::Event(json!({"id": 7})), ..point(1) };
            for _ in 0..2 {
                put(db, &[Exporter::Loki, Exporter::Mqtt], &event, Some(7)).await.unwrap();
                put(db, &[Exporter::Loki], &point(2), None).await.unwrap();
            }
            let all: Vec<Point> = head(db, Exporter::Loki, 10).await.unwrap().into_iter().map(|(_, p)| p).collect();
            assert_eq!(all, [event.clone(), point(2), point(2)]);
            assert_eq!(head(db, Exporter::Mqtt, 10).await.unwrap()[0].1, event);
        }
    }

    #[tokio::test]
    async fn devices_at_a_broker_are_remembered_once() {
        for test in each_engine(crate::MIGRATIONS).await {
            let db = &test.store.state;
            for id in ["b", "a", "b"] {
                mqtt_devices::put(db, id).await.unwrap();
            }
            assert_eq!(mqtt_devices::list(db).await.unwrap(), ["a", "b"]);
            mqtt_devices::delete(db, "a").await.unwrap();
            assert_eq!(mqtt_devices::list(db).await.unwrap(), ["b"]);
        }
    }
}
