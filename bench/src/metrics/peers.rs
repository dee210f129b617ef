//! The peers on the same points. Prometheus gets them as OpenMetrics text through `promtool`, VictoriaMetrics through
//! its JSON import; both are asked for means per minute over HTTP. Neither has rollups, so they read every raw point.

use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use argos_peers::process::{self, Launch, Process};
use argos_peers::{Client, packages, wait_until};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::machine::Recording;
use crate::process::tree_bytes;
use crate::{Outcome, report};

/// A server on a directory of its own.
struct Server {
    client: Client,
    // Ended before its directory goes.
    _process: Process,
    dir: TempDir,
}

impl Server {
    fn start(program: &Path, dir: TempDir, args: &[String], address: SocketAddr, health: &str) -> Outcome<Self> {
        let log = process::log_file(&dir.path().join("log"))?;
        let log_too = log.try_clone()?;
        let launch = Launch::new(program, "KILL").args(args).with(|c| {
            c.current_dir(dir.path()).stdout(log).stderr(log_too);
        });
        let mut process = launch.spawn()?;
        let client = Client::new(address);
        let ready = || client.request("GET", health).try_send().is_ok_and(|r| r.status == 200);
        wait_until("the peer to be ready", Duration::from_secs(60), || process.try_exit().is_some() || ready());
        if process.try_exit().is_some() {
            return Err(format!("{} ended:\n{}", program.display(), process::tail(&dir.path().join("log"), 20)).into());
        }
        Ok(Self { client, _process: process, dir })
    }

    /// Median time of the mean per minute of one series over a range, asked in parts of `most` points.
    fn range_ms(&self, metric: &str, from: i64, to: i64, most: i64, rounds: usize) -> Outcome<f64> {
        let mut times = Vec::new();
        for _ in 0..rounds {
            let (began, mut minutes, mut first) = (Instant::now(), 0, from + 60);
            while first <= to {
                let last = (first + (most - 1) * 60).min(to);
                let query = format!("/api/v1/query_range?query=avg_over_time({metric}%5B1m%5D)&start={first}&end={last}&step=60&nocache=1");
                let reply = self.client.get(&query).expect_status(200);
                // Values stand as `[time,"text"]`; counting them is cheaper than parsing them.
                minutes += reply.body.windows(2).filter(|w| w == b",\"").count();
                first = last + 60;
            }
            times.push(began.elapsed().as_secs_f64() * 1e3);
            if i64::try_from(minutes)? < (to - from) / 60 {
                return Err(format!("{minutes} minutes of {}", (to - from) / 60).into());
            }
        }
        Ok(report::median(&mut times))
    }
}

fn temporary() -> Outcome<TempDir> {
    Ok(tempfile::Builder::new().prefix("argos-bench-peer-").tempdir()?)
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], argos_peers::free_port()))
}

pub(crate) struct Prometheus(Server);

impl Prometheus {
    pub(crate) fn import(recording: &Recording) -> Outcome<Self> {
        let find = |name: &'static str| packages::require("Prometheus", &["prometheus"], move || process::find_program(&[name], &[]));
        let (server, tool) = (find("prometheus")?, find("promtool")?);
        let dir = temporary()?;
        let (text, data) = (dir.path().join("points.om"), dir.path().join("tsdb"));
        write_open_metrics(recording, &text)?;
        let paths = [text.display().to_string(), data.display().to_string()];
        process::run(
            &tool,
            &["tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=744h", &paths[0], &paths[1]],
            &[],
        )?;
        std::fs::remove_file(&text)?;
        std::fs::write(dir.path().join("prometheus.yml"), "scrape_configs: []\n")?;
        let address = loopback();
        let args = [
            "--config.file=prometheus.yml".to_owned(),
            "--storage.tsdb.path=tsdb".to_owned(),
            "--storage.tsdb.retention.time=100y".to_owned(),
            "--log.level=warn".to_owned(),
            format!("--web.listen-address={address}"),
        ];
        Server::start(&server, dir, &args, address, "/-/ready").map(Self)
    }

    /// Bytes of the blocks: the chunks and the index.
    pub(crate) fn bytes(&self) -> Outcome<u64> {
        let blocks = std::fs::read_dir(self.0.dir.path().join("tsdb"))?.filter_map(Result::ok).map(|e| e.path());
        blocks.filter(|b| b.join("meta.json").is_file()).map(|b: PathBuf| tree_bytes(&b)).sum()
    }

    /// It answers at most 11 000 points a query.
    pub(crate) fn range_ms(&self, metric: &str, from: i64, to: i64, rounds: usize) -> Outcome<f64> {
        self.0.range_ms(metric, from, to, 10_800, rounds)
    }
}

fn write_open_metrics(recording: &Recording, path: &Path) -> Outcome {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    for (name, points) in recording {
        writeln!(out, "# TYPE {} gauge", metric_name(name))?;
        for (t, v) in points {
            writeln!(out, "{}{{host=\"local\"}} {v} {t}", metric_name(name))?;
        }
    }
    writeln!(out, "# EOF")?;
    Ok(out.flush()?)
}

pub(crate) struct VictoriaMetrics(Server);

impl VictoriaMetrics {
    pub(crate) fn import(recording: &Recording) -> Outcome<Self> {
        let program = packages::require("VictoriaMetrics", &["victoria-metrics"], || process::find_program(&["victoria-metrics"], &[]))?;
        let address = loopback();
        let args = [
            "-storageDataPath=data".to_owned(),
            "-retentionPeriod=100y".to_owned(),
            "-search.maxPointsPerTimeseries=100000".to_owned(),
            "-loggerLevel=WARN".to_owned(),
            format!("-httpListenAddr={address}"),
        ];
        let server = Server::start(&program, temporary()?, &args, address, "/health")?;
        let mut points = 0;
        for (name, series) in recording {
            for part in series.chunks(50_000) {
                server.client.request("POST", "/api/v1/import").body(import_line(name, part)).send().expect_status(204);
            }
            points += series.len();
        }
        let mut exported = 0;
        wait_until("VictoriaMetrics to have every point", Duration::from_secs(120), || {
            server.client.get("/internal/force_flush").expect_status(200);
            exported = recording.keys().map(|name| count(&server.client, name)).sum();
            exported == points
        });
        server.client.get("/internal/force_merge").expect_status(200);
        // The merge runs in the background: it is done when the directory keeps its size.
        let mut before = (0, 0);
        wait_until("VictoriaMetrics to merge", Duration::from_secs(120), || {
            let size = tree_bytes(&server.dir.path().join("data")).unwrap_or_default();
            before = if size == before.0 { (size, before.1 + 1) } else { (size, 0) };
            before.1 > 100
        });
        Ok(Self(server))
    }

    /// Bytes of the parts and of the index, without the logs and caches beside them.
    pub(crate) fn bytes(&self) -> Outcome<u64> {
        let data = self.0.dir.path().join("data");
        Ok(tree_bytes(&data.join("data"))? + tree_bytes(&data.join("indexdb"))?)
    }

    pub(crate) fn range_ms(&self, metric: &str, from: i64, to: i64, rounds: usize) -> Outcome<f64> {
        self.0.range_ms(metric, from, to, 100_000, rounds)
    }
}

/// How many points of a series the server has.
fn count(client: &Client, name: &str) -> usize {
    let reply = client.get(&format!("/api/v1/export?match%5B%5D={}", metric_name(name)));
    let text = String::from_utf8_lossy(&reply.body);
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.map(|v| v["timestamps"].as_array().map_or(0, Vec::len)).sum()
}

fn import_line(name: &str, points: &[(i64, f64)]) -> String {
    let mut line = json!({ "metric": { "__name__": metric_name(name), "host": "local" } }).to_string();
    line.truncate(line.len() - 1);
    let mut list = |key: &str, write: &mut dyn FnMut(&mut String, &(i64, f64))| {
        line.push_str(&format!(",\"{key}\":["));
        for (i, point) in points.iter().enumerate() {
            if i > 0 {
                line.push(',');
            }
            write(&mut line, point);
        }
        line.push(']');
    };
    list("values", &mut |out, (_, v)| out.push_str(&v.to_string()));
    list("timestamps", &mut |out, (t, _)| out.push_str(&(t * 1000).to_string()));
    line.push('}');
    line
}

/// Letters, digits and underscores.
fn metric_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
