//! The domain's state in memory: the running data plane, how the last change of it went, what is being counted.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use argos_kernel::{Result, Timestamp, Uid};
use argos_platform::Platform;
use tokio::sync::{Notify, watch};

use crate::actions::attacks::{Attacks, Reports};
use crate::actions::dashboard;
use crate::actions::replay::Read;
use crate::actions::traffic::Counting;
use crate::auth::SessionAuth;
use crate::caddy::{Caddy, is_chosen};
use crate::certificates::dns::Reach;
use crate::certificates::{CertificateStore, Proofs, Served};
use crate::crowdsec::CrowdSec;
use crate::fresh::Fresh;
use crate::geoip::GeoIp;
use crate::model::crs::CoreRule;
use crate::model::firewall::Findings;
use crate::model::obstacle::{Cause, Obstacle};
use crate::plane::Plane;
use crate::store::revision::State;
use crate::workers;

/// How the data plane stands to what is wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// The revision that is served.
    pub(crate) revision: Option<i64>,
    pub(crate) applied_at: Option<Timestamp>,
    /// When the tables said what is served.
    pub(crate) as_of: Option<Timestamp>,
    /// Why the newest state is not served.
    pub(crate) error: Option<String>,
    /// The revision that was refused first, and whose change that was, where it is known.
    pub(crate) refused: Option<(i64, Option<Cause>)>,
    /// What is not served as it is wanted, while everything else is.
    pub(crate) obstacles: Vec<Obstacle>,
    /// What of the served state is left out.
    pub(crate) warnings: Vec<String>,
    /// Sites that are served.
    pub(crate) sites: usize,
    /// What is served, while it could not be kept for the next start.
    pub(crate) unkept: Option<Unkept>,
}

/// A served state that the disk did not take: held here, because the tables may have another one by the time it does.
#[derive(Clone, Debug)]
pub(crate) struct Unkept {
    pub(crate) why: String,
    pub(crate) since: Timestamp,
    pub(crate) served: State,
}

/// The domain. One per process.
pub struct Edge {
    pub(crate) platform: Platform,
    pub(crate) plane: Plane,
    /// Serves instead of the built-in engine when it is there.
    pub(crate) caddy: Option<Caddy>,
    pub(crate) certificates: Arc<dyn CertificateStore>,
    /// Names this process among those that share a database.
    pub(crate) plane_id: String,
    /// What is shown while an authority looks.
    pub(crate) proofs: Proofs,
    /// The way to providers of the DNS.
    pub(crate) dns: Reach,
    /// Wakes whoever has certificates issued.
    pub(crate) certificate_work: Notify,
    pub(crate) auth: Arc<SessionAuth>,
    /// The core rules, once somebody asked for them.
    pub(crate) core_rules: OnceLock<Vec<CoreRule>>,
    /// The exchange with CrowdSec.
    pub(crate) crowdsec: Arc<CrowdSec>,
    pub(crate) geoip: Arc<GeoIp>,
    /// One hand-over of bans at a time.
    pub(crate) enforcing: tokio::sync::Mutex<()>,
    standing: Mutex<Standing>,
    /// Backends of which it could not be told that they are not well.
    pub(crate) untold: Mutex<HashSet<u64>>,
    /// Counts the lines this process stores.
    pub(crate) counting: Arc<Counting>,
    /// Names of sites by id, for log rows.
    pub(crate) names: Arc<Mutex<BTreeMap<i64, String>>>,
    /// Traffic by range and site.
    pub(crate) traffic_counted: Fresh<(&'static str, Option<i64>), dashboard::Traffic>,
    /// Attacks by range.
    pub(crate) attacks_counted: Fresh<&'static str, Attacks>,
    pub(crate) reports_counted: Fresh<(), Reports>,
    /// What the firewall of a site reported, by site and revision: with another protection it is judged again.
    pub(crate) replays: Fresh<(i64, i64), Read>,
    /// What the firewall of CrowdSec found, by window.
    pub(crate) findings: Fresh<&'static str, Findings>,
    /// When the public address of this machine was looked for last.
    pub(crate) public_ip_checked: Mutex<Option<Timestamp>>,
    /// One reload at a time.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Grows with every change worth showing.
    pub(crate) changes: watch::Sender<u64>,
}

impl Edge {
    pub(crate) fn new(platform: &Platform) -> Self {
        let geoip = Arc::new(GeoIp::new(&platform.settings.boot(), &platform.net));
        let known = Arc::clone(&geoip);
        platform.logs.set_locate(Arc::new(move |address| known.find(address)));
        let counting = Counting::new(platform);
        platform.logs.set_counter(Arc::clone(&counting) as _);
        let names: Arc<Mutex<BTreeMap<i64, String>>> = Arc::default();
        let known = Arc::clone(&names);
        platform.logs.set_site_name(Arc::new(move |id| known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()));
        Self {
            platform: platform.clone(),
            plane: Plane::new(&platform.settings.boot()),
            caddy: is_chosen(&platform.settings.boot()).then(|| Caddy::of(&platform.settings.boot(), &platform.net)),
            certificates: Arc::new(Served::new(platform)),
            plane_id: Uid::mint(&*platform.clock, &*platform.rng).to_string(),
            proofs: Proofs::default(),
            dns: Reach::new(platform),
            certificate_work: Notify::new(),
            auth: Arc::new(SessionAuth::new(platform)),
            core_rules: OnceLock::new(),
            crowdsec: CrowdSec::new(&platform.net),
            geoip,
            enforcing: tokio::sync::Mutex::default(),
            standing: Mutex::default(),
            untold: Mutex::default(),
            counting,
            names,
            traffic_counted: Fresh::default(),
            attacks_counted: Fresh::default(),
            reports_counted: Fresh::default(),
            replays: Fresh::lasting(Duration::from_secs(60)),
            findings: Fresh::default(),
            public_ip_checked: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            changes: watch::channel(0).0,
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing_mut().clone()
    }

    pub(crate) fn standing_mut(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|n| *n += 1);
    }

    /// Runs in every process before it is ready: the data plane comes back with the stored state.
    pub(crate) async fn start(self: Arc<Self>) -> Result<()> {
        self.mark_uncounted().await;
        tokio::task::block_in_place(|| self.geoip.load(self.platform.clock.now()));
        if self.caddy.is_some() {
            self.ensure_panel_site().await;
            // Caddy serves what it has until it is reached: that is no reason not to become ready.
            self.reconcile(true).await;
            workers::start(&self);
            return Ok(());
        }
        if !self.plane.is_wanted() {
            return Ok(());
        }
        // Known before the first listener opens, so that nobody banned slips in after a crash.
        self.enforce_bans().await;
        self.ensure_panel_site().await;
        if !self.reconcile(true).await {
            self.serve_last_good().await?;
        }
        self.plane.report_addresses(&self.platform.listeners);
        let refused = self.plane.refused_listener();
        workers::start(&self);
        refused.map_or(Ok(()), Err)
    }

    /// Serves the newest state that the engine took before, when the tables hold one it refuses.
    async fn serve_last_good(&self) -> Result<()> {
        let Some(kept) = self.last_good().await? else { return Ok(()) };
        tracing::warn!(revision = kept.revision, "the last good state is served");
        let before = self.standing();
        self.apply(&kept).await;
        if before.error.is_some() {
            let mut standing = self.standing_mut();
            (standing.error, standing.refused) = (before.error, before.refused);
        }
        Ok(())
    }
}
