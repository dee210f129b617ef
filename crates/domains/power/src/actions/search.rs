//! Searching for UPSes and PDUs on hosts of a list or a small range: a job that says what it has found so far. It asks
//! private addresses only, few at a time, and adds nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_jobs::{JobContext, KindSpec, NewJob, Restart, Verdict};
use argos_kernel::{Actor, AppError, Result};
use argos_nut::Target;
use futures_util::StreamExt;
use serde_json::{Map, Value, json};

use super::discovery::{device_body, look};
use crate::model::device::Poller;
use crate::model::input::merge;
use crate::model::reading;
use crate::model::snapshot::number;
use crate::model::targets::is_searched;
use crate::service::Power;
use crate::workers::snmp::Tested;

const JOB: &str = "power.discover";
/// Hosts asked at one time.
const AT_ONCE: usize = 64;
const NUT_LOOK: argos_nut::Limits = argos_nut::Limits { connect: Duration::from_secs(2), reply: Duration::from_secs(4) };
const SNMP_LOOK: Duration = Duration::from_millis(1_500);
/// Searches whose results can still be read.
const KEPT: usize = 8;

/// What to look for, and where. Its secrets are never stored: a search does not outlive the process.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) hosts: Vec<String>,
    /// Hosts were named one by one, so what each of them said is worth showing.
    pub(crate) named: bool,
    pub(crate) nut: bool,
    pub(crate) snmp: bool,
    pub(crate) nut_port: u16,
    pub(crate) snmp_port: u16,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    /// Tried in their order; empty: the community of the settings.
    pub(crate) communities: Vec<String>,
}

/// A device that answered.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) device: Map<String, Value>,
    pub(crate) ups_status: Option<String>,
    pub(crate) battery_percent: Option<f64>,
    pub(crate) model: Option<String>,
    /// Which of the communities it answered to.
    pub(crate) community: Option<usize>,
}

/// What a named host said when it has nothing.
#[derive(Clone, Debug)]
pub(crate) struct Miss {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) error: Option<String>,
}

/// How far a search is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) done: usize,
    pub(crate) total: usize,
    pub(crate) hits: Vec<Hit>,
    pub(crate) misses: Vec<Miss>,
    /// `running`, `done` or `cancelled`.
    pub(crate) state: &'static str,
}

struct Search {
    wanted: Wanted,
    progress: Mutex<Progress>,
}

/// The searches of this process, by the number in their job's payload.
#[derive(Default)]
pub(crate) struct Searches {
    all: Mutex<BTreeMap<u64, Arc<Search>>>,
    by_job: Mutex<BTreeMap<i64, u64>>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Searches {
    fn add(&self, search: Search) -> u64 {
        let mut all = lock(&self.all);
        let number = all.keys().next_back().map_or(1, |n| n + 1);
        all.insert(number, Arc::new(search));
        while all.len() > KEPT {
            all.pop_first();
        }
        number
    }
    fn of_job(&self, job: i64) -> Option<Arc<Search>> {
        let number = lock(&self.by_job).get(&job).copied()?;
        lock(&self.all).get(&number).cloned()
    }
}

fn gone() -> AppError {
    AppError::not_found("There is no such search.").code("search_not_found")
}

impl Power {
    /// Queues a search; its job's id.
    pub(crate) async fn search(&self, actor: &Actor, wanted: Wanted) -> Result<i64> {
        let (hosts, first) = (wanted.hosts.len(), wanted.hosts.first().cloned().unwrap_or_default());
        let pollers: Vec<&str> = [("nut", wanted.nut), ("snmp", wanted.snmp)].into_iter().filter_map(|(n, on)| on.then_some(n)).collect();
        let progress = Mutex::new(Progress { total: hosts, state: "running", ..Progress::default() });
        let number = self.searches.add(Search { wanted, progress });
        let mut m = self.platform.audit.begin(actor).await?;
        let job = NewJob::new(JOB).payload(json!({ "search": number })).trigger("api").by(actor);
        let job = self.platform.jobs.enqueue(&mut m, job).await?;
        lock(&self.searches.by_job).insert(job, number);
        let text = format!("Search for {} on {hosts} hosts from {first} on", pollers.join(" and "));
        m.commit(Entry::new("power_device.discover", Category::Config).target("job", job).describe(text)).await?;
        Ok(job)
    }

    pub(crate) fn search_progress(&self, job: i64) -> Result<Progress> {
        let search = self.searches.of_job(job).ok_or_else(gone)?;
        let progress = lock(&search.progress).clone();
        Ok(progress)
    }

    pub(crate) async fn cancel_search(&self, actor: &Actor, job: i64) -> Result<()> {
        let search = self.searches.of_job(job).ok_or_else(gone)?;
        let mut m = self.platform.audit.begin(actor).await?;
        self.platform.jobs.cancel(&mut m, job).await?;
        m.commit(Entry::new("power_device.discover_cancel", Category::Config).target("job", job).describe("Search ended")).await?;
        let mut progress = lock(&search.progress);
        if progress.state == "running" {
            progress.state = "cancelled";
        }
        Ok(())
    }

    pub(crate) fn register_search_job(self: &Arc<Self>) {
        let spec = KindSpec { restart: Restart::Fail("Argos stopped while it searched"), ..KindSpec::new("power") };
        let power = Arc::clone(self);
        self.platform.jobs.register(JOB, spec, move |ctx: JobContext| -> argos_web::BoxFuture<'static, Verdict> {
            let power = Arc::clone(&power);
            Box::pin(async move {
                let number = ctx.job().payload.get("search").and_then(Value::as_u64).unwrap_or_default();
                let search = lock(&power.searches.all).get(&number).cloned();
                let Some(search) = search else { return Verdict::fail("the search was of a process that has ended") };
                let state = tokio::select! {
                    () = power.run_search(&search, &ctx) => "done",
                    () = ctx.cancelled() => "cancelled",
                };
                let mut progress = lock(&search.progress);
                progress.state = state;
                Verdict::Done(json!({ "hosts": progress.done, "found": progress.hits.len() }))
            })
        });
    }

    async fn run_search(self: &Arc<Self>, search: &Arc<Search>, ctx: &JobContext) {
        let wanted = &search.wanted;
        let ask = |host: String| {
            let (power, search) = (Arc::clone(self), Arc::clone(search));
            async move { power.ask(&search.wanted, &host).await }
        };
        let mut asking = futures_util::stream::iter(wanted.hosts.clone()).map(ask).buffer_unordered(AT_ONCE);
        while let Some((hits, misses)) = asking.next().await {
            let (done, total, found) = {
                let mut progress = lock(&search.progress);
                progress.done += 1;
                progress.hits.extend(hits);
                if wanted.named {
                    progress.misses.extend(misses);
                }
                (progress.done, progress.total, progress.hits.len())
            };
            ctx.progress(json!({ "done": done, "total": total, "found": found })).await;
        }
    }

    async fn ask(self: &Arc<Self>, wanted: &Wanted, host: &str) -> (Vec<Hit>, Vec<Miss>) {
        let (mut hits, mut misses) = (Vec::new(), Vec::new());
        let first_port = if wanted.nut { wanted.nut_port } else { wanted.snmp_port };
        if let Err(error) = reachable(host, first_port).await {
            misses.push(Miss { host: host.to_owned(), port: first_port, error: Some(error) });
            return (hits, misses);
        }
        let nut = async { if wanted.nut { Some(ask_nut(wanted, host).await) } else { None } };
        let snmp = async { if wanted.snmp { Some(self.ask_snmp(wanted, host).await) } else { None } };
        let (nut, snmp) = tokio::join!(nut, snmp);
        for (port, outcome) in [(wanted.nut_port, nut), (wanted.snmp_port, snmp)] {
            let Some(outcome) = outcome else { continue };
            let error = outcome.as_ref().err().cloned();
            misses.push(Miss { host: host.to_owned(), port, error });
            hits.extend(outcome.unwrap_or_default());
        }
        (hits, misses)
    }

    async fn ask_snmp(self: &Arc<Self>, wanted: &Wanted, host: &str) -> Result<Vec<Hit>, String> {
        let tries: Vec<Option<usize>> =
            if wanted.communities.is_empty() { vec![None] } else { (0..wanted.communities.len()).map(Some).collect() };
        let mut last = String::new();
        for community in tries {
            let body = json!({ "id": format!("snmp:{host}:{}", wanted.snmp_port), "name": host, "type": "ups", "poller": "snmp", "host": host,
                "port": wanted.snmp_port });
            let Value::Object(mut body) = body else { continue };
            let now = self.platform.clock.now();
            let device = merge(None, &body, None, now, "manual").map_err(|e| e.message().to_owned())?.device;
            let secret = community.and_then(|i| wanted.communities.get(i));
            let secrets = secret.map(|c| Map::from_iter([("community".to_owned(), json!(c))])).unwrap_or_default();
            match self.test_snmp(&device, &secrets, Some(SNMP_LOOK)).await {
                Ok(Tested { profile, sample }) => {
                    let identity = reading::identity(&sample.variables);
                    let named = sample.variables.get("ups.id").cloned().or_else(|| identity.model.clone());
                    body.insert("name".to_owned(), json!(named.unwrap_or_else(|| host.to_owned())));
                    body.insert("type".to_owned(), json!(reading::kind(&sample.variables)));
                    body.insert("connection_config".to_owned(), json!({ "profile": profile }));
                    return Ok(vec![Hit {
                        ups_status: sample.variables.get("ups.status").cloned(),
                        battery_percent: sample.variables.get("battery.charge").and_then(|t| number(t)),
                        model: identity.model,
                        community,
                        device: body,
                    }]);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Whether a device that was found is watched already.
    pub(crate) fn is_known(&self, body: &Map<String, Value>) -> bool {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let (id, host, port) = (text("id"), text("host"), body.get("port").and_then(Value::as_u64));
        let poller = Poller::parse(text("poller"));
        let ups = body.get("connection_config").and_then(|c| c.get("ups_name")).and_then(Value::as_str);
        let same = |d: &crate::model::device::Device| {
            d.id == id
                || (Some(d.poller) == poller
                    && d.host == host
                    && Some(u64::from(d.port)) == port
                    && (d.poller != Poller::Nut || Some(d.ups_name()) == ups))
        };
        self.lives().values().any(|l| same(&l.device))
    }
}

/// A name may lead anywhere: it is asked only where it leads to private addresses.
async fn reachable(host: &str, port: u16) -> Result<(), String> {
    let found: Vec<SocketAddr> = match tokio::net::lookup_host((host, port)).await {
        Ok(found) => found.collect(),
        Err(_) => return Err("the name has no address".to_owned()),
    };
    match found.iter().all(|a| is_searched(a.ip())) && !found.is_empty() {
        true => Ok(()),
        false => Err("only private addresses are searched".to_owned()),
    }
}

async fn ask_nut(wanted: &Wanted, host: &str) -> Result<Vec<Hit>, String> {
    let target = Target {
        host: host.to_owned(),
        port: wanted.nut_port,
        username: wanted.username.clone(),
        password: wanted.password.clone(),
        limits: NUT_LOOK,
        ..Target::default()
    };
    let found = look(&target).await.map_err(|e| e.to_string())?;
    let hit = |f: &super::discovery::Found| Hit {
        device: device_body(&target, f),
        ups_status: f.variables.get("ups.status").cloned(),
        battery_percent: f.variables.get("battery.charge").and_then(|t| number(t)),
        model: reading::identity(&f.variables).model,
        community: None,
    };
    Ok(found.iter().map(hit).collect())
}
