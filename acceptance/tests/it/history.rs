//! Ops scenario 4 through the public interface: buckets are floored, hold the mean, and agree over every view.

use std::collections::BTreeMap;
use std::time::Duration;

use argos_peers::{Client, wait_for};
use serde_json::Value;

use crate::stage::Stage;

fn points(client: &Client, target: &str) -> Vec<(i64, f64)> {
    let body = client.get(target).expect_status(200).json();
    body.as_array()
        .unwrap_or_else(|| panic!("{target}: not a list: {body}"))
        .iter()
        .filter_map(|point| Some((point["time"].as_i64()?, point["value"].as_f64()?)))
        .collect()
}

/// Minute to mean of the samples in it, rounded as the interface rounds.
fn minutes(samples: &[(i64, f64)]) -> BTreeMap<i64, f64> {
    let mut sums: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for (time, value) in samples {
        let slot = sums.entry(time.div_euclid(60) * 60).or_default();
        *slot = (slot.0 + value, slot.1 + 1.0);
    }
    sums.into_iter().map(|(minute, (sum, count))| (minute, sum / count)).collect()
}

#[test]
fn minute_buckets_are_floored_and_hold_the_mean_of_their_samples() {
    let stage = Stage::start();
    let history = |resolution: u32| points(&stage.owner, &format!("/api/history/mem_percent?range=1&resolution={resolution}"));
    // The two reads may fall on either side of a sample, so they are compared until they saw the same ones.
    wait_for("minute buckets equal to the means of their samples", Duration::from_secs(40), || {
        let (samples, buckets) = (history(1), history(60));
        let expected = minutes(&samples);
        let same = samples.len() >= 3
            && buckets.len() == expected.len()
            && buckets.iter().all(|(time, value)| expected.get(time).is_some_and(|mean| (mean - value).abs() < 0.02));
        same.then_some(())
    });
    let buckets = history(60);
    assert!(buckets.iter().all(|(time, _)| time % 60 == 0), "{buckets:?}");
    assert!(buckets.windows(2).all(|pair| pair[0].0 < pair[1].0), "ascending: {buckets:?}");
}

#[test]
fn history_survives_a_restart() {
    let stage = Stage::start();
    let sampled = wait_for("two samples", Duration::from_secs(30), || {
        let found = points(&stage.owner, "/api/history/cpu_percent?range=1&resolution=1");
        (found.len() >= 2).then_some(found)
    });
    let stage = Stage::of(stage.argos.stop().restart());
    let after = points(&stage.owner, "/api/history/cpu_percent?range=1&resolution=1");
    for point in &sampled {
        assert!(after.contains(point), "{point:?} is lost: {after:?}");
    }
}

#[test]
fn export_is_csv_with_the_documented_header() {
    let stage = Stage::start();
    let answer = wait_for("a line of data", Duration::from_secs(30), || {
        let answer = stage.owner.get("/api/history/cpu_percent/export?range=1&resolution=1").expect_status(200);
        (answer.text().lines().count() >= 2).then_some(answer)
    });
    assert!(answer.header("content-type").is_some_and(|value| value.starts_with("text/csv")));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"noba-cpu_percent-1h.csv\""));
    let text = answer.text();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("timestamp_unix,datetime,value"));
    let cells: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(cells.len(), 3, "{cells:?}");
    assert!(cells[0].parse::<i64>().is_ok() && cells[2].parse::<f64>().is_ok(), "{cells:?}");
    assert_eq!((cells[1].len(), &cells[1][10..11]), (19, "T"), "YYYY-MM-DDTHH:MM:SS: {cells:?}");
}

#[test]
fn bad_parameters_are_refused_and_large_ones_clamped() {
    let stage = Stage::start();
    let get = |target: &str| stage.owner.get(target);
    assert_eq!(get("/api/history/no_such_metric").status, 400);
    let answer = get("/api/history/cpu_percent?range=abc");
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("Invalid range parameter")));
    assert_eq!(get("/api/history/cpu_percent?range=999999&resolution=999999").status, 200);
    assert_eq!(get("/api/history/multi").status, 400);
    let multi = get("/api/history/multi?metrics=cpu_percent,no_such_metric,mem_percent&range=1").expect_status(200).json();
    assert_eq!(multi.as_object().map(serde_json::Map::len), Some(2), "unknown metrics are skipped: {multi}");
    let trend = get("/api/history/cpu_percent/trend").expect_status(200).json();
    assert_eq!(trend["error"], "Insufficient data", "{trend}");
}

#[test]
fn available_metrics_name_what_the_machine_has() {
    let stage = Stage::start();
    // A rate needs two samples, so the processor comes with the second one.
    wait_for("cpu_percent and mem_percent among the metrics", Duration::from_secs(30), || {
        let body: Value = stage.owner.get("/api/metrics/available").expect_status(200).json();
        let names: Vec<String> = body.as_array()?.iter().filter_map(|entry| entry["name"].as_str().map(str::to_owned)).collect();
        ["cpu_percent", "mem_percent"].iter().all(|name| names.iter().any(|each| each == name)).then_some(())
    });
}
