//! Records this machine's own metrics and prints what a stored point costs, series by series.
//!
//! `cargo run --release -p argos-tschunk --example record -- [seconds]`: one sample every 100 ms, each taken as if 5 s
//! had passed, with the real lateness of the timer left in the timestamps.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use argos_tschunk::{Point, encode};
use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(100);
const PRETENDED_STEP_US: i64 = 5_000_000;
const START_US: i64 = 1_767_225_600_000_000;
const CHUNK_POINTS: usize = 1440;

fn main() {
    let seconds = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(180_u64);
    let mut series: BTreeMap<String, Vec<Point>> = BTreeMap::new();
    let mut before: BTreeMap<String, f64> = BTreeMap::new();
    let begin = Instant::now();
    let mut next = begin;
    let mut at = begin;
    for i in 0..(seconds * 10) as i64 {
        wait_until(next);
        let now = Instant::now();
        let late_us = now.duration_since(next).as_micros() as i64;
        let t = START_US + i * PRETENDED_STEP_US + late_us;
        let elapsed = now.duration_since(at).as_secs_f64();
        for (name, value, counter) in readings() {
            if counter {
                let rate = before.insert(name.clone(), value).map(|b| (value - b) / elapsed);
                if let Some(rate) = rate.filter(|r| *r >= 0.0) {
                    add_rates(&mut series, &name, t, rate);
                }
            }
            if name != "cpu_ns" {
                series.entry(name).or_default().push(Point::new(t, value));
            }
        }
        at = now;
        next += TICK;
    }
    report(&series);
}

#[expect(clippy::disallowed_methods, reason = "a sampler's tick is a span of time")]
fn wait_until(when: Instant) {
    std::thread::sleep(when.saturating_duration_since(Instant::now()));
}

fn add_rates(series: &mut BTreeMap<String, Vec<Point>>, name: &str, t: i64, rate: f64) {
    let mut add = |name: String, v: f64| series.entry(name).or_default().push(Point::new(t, v));
    if name == "cpu_ns" {
        let percent = rate / 1e7;
        add("cpu_percent, 1 decimal".to_owned(), (percent * 10.0).round() / 10.0);
        add("cpu_percent, 2 decimals".to_owned(), (percent * 100.0).round() / 100.0);
        add("cpu_percent, unrounded".to_owned(), percent);
    } else {
        add(format!("{name} rate, whole"), rate.round());
        add(format!("{name} rate, 1 decimal"), (rate * 10.0).round() / 10.0);
    }
}

/// Name, value, whether it is a counter.
fn readings() -> Vec<(String, f64, bool)> {
    let mut out = Vec::new();
    let read = |path: &str| read_to_string(path).unwrap_or_default();
    let number = |text: Option<&str>| text.and_then(|t| t.parse::<f64>().ok());
    if let Some(ns) = number(Some(read("/sys/fs/cgroup/cpuacct/cpuacct.usage").trim())) {
        out.push(("cpu_ns".to_owned(), ns, true));
    }
    for line in read("/proc/stat").lines() {
        let mut words = line.split_whitespace();
        if let (Some(name @ ("ctxt" | "processes")), Some(value)) = (words.next(), number(words.next())) {
            out.push((name.to_owned(), value, true));
        }
    }
    for line in read("/proc/meminfo").lines() {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default().trim_end_matches(':');
        if let (true, Some(kib)) = (["MemTotal", "MemFree", "MemAvailable", "Cached", "Dirty"].contains(&name), number(words.next())) {
            out.push((format!("{name} bytes"), kib * 1024.0, false));
        }
    }
    for (i, word) in read("/proc/loadavg").split_whitespace().take(2).enumerate() {
        if let Some(load) = number(Some(word)) {
            out.push((format!("load{}", [1, 5][i]), load, false));
        }
    }
    for line in read("/proc/net/dev").lines() {
        if let Some((name, rest)) = line.split_once(':') {
            let fields: Vec<&str> = rest.split_whitespace().collect();
            if let (Some(rx), false) = (number(fields.first().copied()), name.contains("ifb")) {
                out.push((format!("net {} rx", name.trim()), rx, true));
            }
        }
    }
    for line in read("/proc/diskstats").lines() {
        let f: Vec<&str> = line.split_whitespace().collect();
        if let (Some(name), Some(sectors)) = (f.get(2), number(f.get(9).copied()))
            && !name.starts_with("loop")
            && !name.starts_with("ram")
        {
            out.push((format!("disk {name} written"), sectors * 512.0, true));
        }
    }
    out
}

fn report(series: &BTreeMap<String, Vec<Point>>) {
    println!("bytes per point, chunks of {CHUNK_POINTS} points; timestamps: on the grid, whole ms, raw us");
    println!("{:36} {:>7} {:>7} {:>7} {:>7}", "series", "points", "grid", "ms", "us");
    let mut totals = [0_usize; 3];
    let mut count = 0;
    for (name, points) in series {
        let floors = [PRETENDED_STEP_US, 1000, 1];
        let sizes = floors.map(|unit| {
            let stamped: Vec<Point> = points.iter().map(|p| Point::new(p.t.div_euclid(unit) * unit, p.v)).collect();
            stamped.chunks(CHUNK_POINTS).filter_map(|c| encode(c).ok()).map(|c| c.len()).sum::<usize>()
        });
        let each = sizes.map(|s| s as f64 / points.len() as f64);
        println!("{name:36} {:7} {:7.3} {:7.3} {:7.3}", points.len(), each[0], each[1], each[2]);
        for (total, size) in totals.iter_mut().zip(sizes) {
            *total += size;
        }
        count += points.len();
    }
    let each = totals.map(|s| s as f64 / count as f64);
    println!("{:36} {count:7} {:7.3} {:7.3} {:7.3}", "all", each[0], each[1], each[2]);
}
