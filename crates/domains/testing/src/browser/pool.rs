//! The browsers of this process. One is started when it is first needed, shared by a few attempts (each has a context of
//! its own), replaced when it dies, hangs or holds too much memory, and closed when nobody needed it for a while. At most
//! `quality.browser_pool_size` attempts have one at a time; the others wait in line.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_cdp::{Browser, LaunchOptions, Sandbox, find_program, sweep_profiles};
use argos_kernel::{AppError, Result, Shutdown, Uid, hex};
use argos_platform::Platform;
use argos_webtest::{StepResult, StepStatus};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::ailment::{HANG, ailment, memory_max};

/// Attempts that share one browser: more browsers cost memory, more contexts in one are slowed by each other.
const CONTEXTS_MAX: usize = 4;
/// What those who have a browser get to end when the process stops: as long as the queue gives its jobs.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// What directories of attempts are called.
const RUN_DIR: &str = "run-";
/// How often idle and ailing browsers are looked for.
const LOOK: Duration = Duration::from_secs(5);

/// With one decimal; unknown of nothing.
#[expect(clippy::cast_precision_loss, reason = "a mean of milliseconds")]
fn average(sum: u64, count: u64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 * 10.0).round() / 10.0)
}

struct Warm {
    browser: Browser,
    leases: usize,
    idle_since: Instant,
}

#[derive(Default)]
struct State {
    browsers: Vec<Warm>,
    /// Attempts that have a browser or are getting one.
    leases: usize,
    queued: usize,
    /// Of the last browser that was started.
    product: Option<String>,
    total: u64,
    errors: u64,
    /// Steps that were done, and how long they took together.
    actions: u64,
    actions_ms: u64,
}

/// What is told of the pool.
#[derive(Clone, Debug)]
pub(crate) struct PoolStatus {
    pub(crate) size: usize,
    pub(crate) active: usize,
    pub(crate) queued: usize,
    pub(crate) browsers: usize,
    /// Such as `Chrome/140.0.7339.80`; unknown until one was started.
    pub(crate) product: Option<String>,
    pub(crate) installed: bool,
    pub(crate) total: u64,
    pub(crate) errors: u64,
    /// Unknown until a step was done.
    pub(crate) average_action_ms: Option<f64>,
}

/// Every browser of this process.
pub(crate) struct Pool {
    platform: Platform,
    state: Mutex<State>,
    freed: Notify,
    /// Who came first gets the next one.
    line: tokio::sync::Mutex<()>,
    /// One start at a time.
    starting: tokio::sync::Mutex<()>,
    /// Tells the directories of this process from those of one that was killed.
    boot: String,
    memory_max: u64,
}

/// A browser somebody has; dropping it gives it back.
pub(crate) struct Lease {
    place: Place,
    browser: Browser,
}

impl Lease {
    pub(crate) fn browser(&self) -> &Browser {
        &self.browser
    }

    /// It does not do what it should: it is killed, and the next one is new.
    pub(crate) async fn discard(self) {
        let pid = self.browser.pid();
        {
            let mut state = self.place.0.state();
            state.errors += 1;
            state.browsers.retain(|w| w.browser.pid() != pid);
        }
        self.browser.kill().await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let pid = self.browser.pid();
        let mut state = self.place.0.state();
        if let Some(warm) = state.browsers.iter_mut().find(|w| w.browser.pid() == pid) {
            warm.leases = warm.leases.saturating_sub(1);
            warm.idle_since = Instant::now();
        }
    }
}

/// The right to one browser.
struct Place(Arc<Pool>);

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.leases = state.leases.saturating_sub(1);
        drop(state);
        self.0.freed.notify_one();
    }
}

/// Counts who waits.
struct Waiting<'a>(&'a Pool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().queued -= 1;
    }
}

impl Pool {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            platform: platform.clone(),
            state: Mutex::default(),
            freed: Notify::new(),
            line: tokio::sync::Mutex::default(),
            starting: tokio::sync::Mutex::default(),
            boot: hex(&platform.rng.bytes::<6>()),
            memory_max: memory_max(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default()),
        }
    }

    fn dir(&self) -> PathBuf {
        self.platform.settings.boot().data_dir().join("browser")
    }

    /// Where an attempt leaves its files; not made yet.
    pub(crate) fn dir_of_attempt(&self, result: Uid, attempt: u32) -> PathBuf {
        self.dir().join(format!("{RUN_DIR}{}-{result}-{attempt}", self.boot))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn size(&self) -> usize {
        self.platform.settings.i64("quality.browser_pool_size").ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(1).max(1)
    }

    /// The browser that would be started; 503 that says how to install one.
    pub(crate) fn program(&self) -> Result<PathBuf> {
        let named = self.platform.settings.boot().text("browser.path").filter(|t| t != "auto" && !t.is_empty());
        let found = match &named {
            Some(path) => Some(PathBuf::from(path)).filter(|p| p.is_file()),
            None => find_program(self.platform.settings.boot().bool("browser.headless")),
        };
        found.ok_or_else(|| {
            let why = named.map_or_else(
                || "No browser is installed. Install Chromium (Debian: apt-get install chromium-headless-shell, or chromium; Ubuntu: apt-get install chromium; Fedora: dnf install chromium; Alpine: apk add chromium) or name one with BROWSER_PATH.".to_owned(),
                |path| format!("The browser {path} that BROWSER_PATH names is not there."),
            );
            AppError::unavailable(why).code("browser_not_available")
        })
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let installed = self.program().is_ok();
        let size = self.size();
        let state = self.state();
        PoolStatus {
            size,
            active: state.leases,
            queued: state.queued,
            browsers: state.browsers.iter().filter(|w| w.browser.is_alive()).count(),
            product: state.product.clone(),
            installed,
            total: state.total,
            errors: state.errors,
            average_action_ms: average(state.actions_ms, state.actions),
        }
    }

    /// Takes in how long steps took. What was not done counts for nothing, nor does what only waits for as long as it is told.
    pub(crate) fn acted(&self, steps: &[StepResult]) {
        let done = steps.iter().filter(|s| s.status != StepStatus::Skipped && s.action != "wait");
        let mut state = self.state();
        for step in done {
            state.actions += 1;
            state.actions_ms = state.actions_ms.saturating_add(step.duration_ms);
        }
    }

    /// A browser, once one is free; it waits as long as the caller does.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease> {
        let place = self.reserve().await;
        self.leased(place).await
    }

    /// The same, or `None` when none became free in that time; a browser that has to be started takes its own time.
    pub(crate) async fn lease_within(self: &Arc<Self>, limit: Duration) -> Result<Option<Lease>> {
        match tokio::time::timeout(limit, self.reserve()).await {
            Ok(place) => self.leased(place).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    async fn leased(self: &Arc<Self>, mut place: Place) -> Result<Lease> {
        let lease = loop {
            let Some(browser) = self.warm() else {
                let browser = self.start().await?;
                break Lease { place, browser };
            };
            let lease = Lease { place, browser };
            let Some(why) = ailment(lease.browser.ping(HANG).await.is_ok(), None, self.memory_max) else { break lease };
            self.throw_away(&lease.browser, &why).await;
            // Its place goes on to the next browser.
            self.state().leases += 1;
            place = Place(Arc::clone(self));
            drop(lease);
        };
        self.state().total += 1;
        Ok(lease)
    }

    /// Kills a browser, which whoever has it is told; the next one is new.
    async fn throw_away(&self, browser: &Browser, why: &str) {
        let pid = browser.pid();
        {
            let mut state = self.state();
            // It may have died meanwhile, or have been closed.
            if !state.browsers.iter().any(|w| w.browser.pid() == pid) {
                return;
            }
            state.errors += 1;
            state.browsers.retain(|w| w.browser.pid() != pid);
        }
        tracing::warn!(pid, why, "a browser was killed");
        browser.kill_for(why).await;
    }

    /// Throws away what hangs and what holds too much memory.
    async fn examine(&self) {
        let browsers: Vec<Browser> = self.state().browsers.iter().map(|w| w.browser.clone()).filter(Browser::is_alive).collect();
        let each = browsers.iter().map(|browser| async move {
            let asked = browser.clone();
            let memory = tokio::task::spawn_blocking(move || asked.memory_bytes()).await.ok().flatten();
            if let Some(why) = ailment(browser.ping(HANG).await.is_ok(), memory, self.memory_max) {
                self.throw_away(browser, &why).await;
            }
        });
        futures_util::future::join_all(each).await;
    }

    async fn reserve(self: &Arc<Self>) -> Place {
        self.state().queued += 1;
        let _waiting = Waiting(self);
        let _first = self.line.lock().await;
        loop {
            let size = self.size();
            let freed = self.freed.notified();
            {
                let mut state = self.state();
                if state.leases < size {
                    state.leases += 1;
                    return Place(Arc::clone(self));
                }
            }
            // The size may grow while nobody gives one back.
            drop(tokio::time::timeout(LOOK, freed).await);
        }
    }

    /// A running browser with room.
    fn warm(&self) -> Option<Browser> {
        let mut state = self.state();
        state.browsers.retain(|w| w.browser.is_alive());
        let warm = state.browsers.iter_mut().find(|w| w.leases < CONTEXTS_MAX)?;
        warm.leases += 1;
        Some(warm.browser.clone())
    }

    async fn start(&self) -> Result<Browser> {
        let _turn = self.starting.lock().await;
        // Somebody may have started one meanwhile.
        if let Some(browser) = self.warm() {
            return Ok(browser);
        }
        let boot = self.platform.settings.boot();
        let profiles = self.dir();
        let no_dir = |e: std::io::Error| AppError::unavailable(format!("no directory for the browser's profile: {e}"));
        tokio::fs::create_dir_all(&profiles).await.map_err(no_dir)?;
        let options = LaunchOptions {
            program: Some(self.program()?),
            headless: boot.bool("browser.headless"),
            sandbox: if boot.bool("browser.no_sandbox") { Sandbox::Off } else { Sandbox::Auto },
            profiles_dir: Some(profiles),
            // Everything goes through the proxy of the attempt, calls between browsers too.
            args: vec!["--force-webrtc-ip-handling-policy=disable_non_proxied_udp".to_owned()],
            ..LaunchOptions::default()
        };
        let started = Browser::launch(&options).await;
        let mut state = self.state();
        match started {
            Ok(browser) => {
                state.product = Some(browser.version().product.clone());
                state.browsers.push(Warm { browser: browser.clone(), leases: 1, idle_since: Instant::now() });
                Ok(browser)
            }
            Err(error) => {
                state.errors += 1;
                Err(AppError::unavailable(error.to_string()).code("browser_not_available"))
            }
        }
    }

    /// Browsers nobody needed for `idle`, taken out of the pool.
    fn idle(&self, idle: Duration) -> Vec<Browser> {
        let mut state = self.state();
        let is_idle = |w: &Warm| !w.browser.is_alive() || (w.leases == 0 && w.idle_since.elapsed() >= idle);
        let (gone, kept): (Vec<Warm>, Vec<Warm>) = std::mem::take(&mut state.browsers).into_iter().partition(is_idle);
        state.browsers = kept;
        gone.into_iter().map(|w| w.browser).collect()
    }

    /// Closes what is idle until the process stops; then everything, when nobody needs it any more.
    pub(crate) async fn tend(self: Arc<Self>, stop: Shutdown) -> Result<()> {
        let (dir, own) = (self.dir(), format!("{RUN_DIR}{}-", self.boot));
        // Left by a process that was killed; a directory that is not there has none.
        let sweep = move || (sweep_profiles(&dir), sweep_attempts(&dir, &own));
        drop(tokio::task::spawn_blocking(sweep).await);
        while stop.sleep(LOOK).await {
            tokio::select! {
                () = self.examine() => {}
                () = stop.wait() => continue,
            }
            let seconds = self.platform.settings.i64("quality.browser_idle_seconds")?;
            for browser in self.idle(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))) {
                browser.close().await;
            }
        }
        self.until_given_back(STOP_PATIENCE).await;
        let all: Vec<Browser> = std::mem::take(&mut self.state().browsers).into_iter().map(|w| w.browser).collect();
        for browser in all {
            browser.kill().await;
        }
        Ok(())
    }

    /// Waits for those who have a browser: without it they would report that it died.
    async fn until_given_back(&self, limit: Duration) {
        let until = Instant::now() + limit;
        while self.state().leases > 0 && Instant::now() < until {
            let freed = self.freed.notified();
            // Whoever waits in line may have taken the word.
            let look = (Instant::now() + Duration::from_millis(200)).min(until);
            drop(tokio::time::timeout_at(look, freed).await);
        }
    }
}

/// Removes what attempts of other processes left; their number.
fn sweep_attempts(dir: &Path, own: &str) -> usize {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let is_left = |name: &str| name.starts_with(RUN_DIR) && !name.starts_with(own);
    let left = entries.flatten().filter(|e| is_left(&e.file_name().to_string_lossy()));
    left.filter(|e| std::fs::remove_dir_all(e.path()).is_ok()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_attempts_of_a_dead_process_are_removed_and_nothing_else() {
        let dir = std::env::temp_dir().join(format!("argos-pool-{}", std::process::id()));
        let names = ["run-old-1", "run-mine-1", "chromium-profile-x"];
        for name in names {
            std::fs::create_dir_all(dir.join(name).join("sub")).unwrap();
        }
        assert_eq!(sweep_attempts(&dir, "run-mine-"), 1);
        let left: Vec<bool> = names.iter().map(|name| dir.join(name).exists()).collect();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(left, [false, true, true]);
        assert_eq!(sweep_attempts(&dir, "run-mine-"), 0, "a directory that is not there has none");
    }
}
