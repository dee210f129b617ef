//! What people want of CrowdSec's own parts: scenarios that do not run, scores of its firewall. The wishes are written to
//! files that a script beside CrowdSec applies; what it runs is read from its mounted directory and compared.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Timestamp};
use argos_settings::Write;
use serde_json::json;
use sha2::Digest as _;

use crate::model::desired::Desired;
use crate::model::{bad, sentinel};
use crate::service::Edge;
use crate::store::whitelist;

/// Bytes read of one file of the mounted directory.
const FILE_MAX: u64 = 1 << 20;
/// Files that CrowdSec applies.
const DISABLED: &str = "argos-disabled-scenarios.txt";
const TUNING: &str = "argos-appsec-tuning.txt";

/// Everything that CrowdSec applies, in the order of their mark, and what the script says that it applied.
const WISHES: [&str; 4] = ["argos-managed-profiles.yaml", "argos-whitelist-entries.txt", DISABLED, TUNING];
const ACK: &str = "argos-apply-ack.txt";
/// What a watching script touches at each look; who gave no sign of life for so long does not watch any more.
const WATCH: &str = "argos-apply-watch";
const WATCH_AGE_S: i64 = 60;
/// Bytes that are looked at of one wish.
const WISH_MAX: u64 = 16 << 20;

/// Rule sets of the firewall, and how many rules they have when nothing says otherwise.
const COLLECTIONS: [&str; 3] = ["appsec-virtual-patching", "appsec-generic-rules", "appsec-crs"];
const RULES_USUAL: usize = 188;

/// A scenario that CrowdSec has, or had when it was switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scenario {
    pub(crate) short_name: String,
    pub(crate) source: Option<String>,
    pub(crate) canonical_name: String,
    pub(crate) path: String,
    pub(crate) disabled: bool,
    pub(crate) description: Option<String>,
}

/// Scores from which the firewall acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tuning {
    pub(crate) inbound: i64,
    pub(crate) outbound: i64,
    pub(crate) last_modified_at: Option<String>,
}

impl Edge {
    pub(crate) fn shared_dir(&self) -> PathBuf {
        let boot = self.platform.settings.boot();
        boot.text("shared.dir").filter(|dir| !dir.starts_with('<')).map_or_else(|| boot.data_dir().join("shared"), PathBuf::from)
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        PathBuf::from(self.platform.settings.boot().text("crowdsec.state_dir").unwrap_or_else(|| "/crowdsec-state".to_owned()))
    }

    /// Writes a file that CrowdSec applies. Nothing happens without the shared directory.
    fn write_sentinel(&self, name: &str, text: &str) -> Result<()> {
        let dir = self.shared_dir();
        if !dir.is_dir() {
            return Ok(());
        }
        let path = dir.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        let write = || {
            let new = path.with_extension("new");
            std::fs::write(&new, text)?;
            std::fs::File::open(&new)?.sync_all()?;
            std::fs::rename(&new, &path)
        };
        // The disk may take its time to say that it is written.
        tokio::task::block_in_place(write)
            .map_err(|error| AppError::internal(format!("{}: {error}", path.display())).code("sentinel_not_written"))
    }

    /// Writes the allow list for CrowdSec; a failure is only told, the list itself is stored.
    pub(crate) async fn write_whitelist(&self) {
        let written = match whitelist::list(&self.platform.store.state).await {
            Ok(entries) => self.write_sentinel("argos-whitelist-entries.txt", &sentinel::whitelist(&entries)),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = written {
            tracing::warn!(?error, "the allow list could not be written for CrowdSec");
        }
    }

    /// Writes which sites only detect; a failure is only told.
    pub(crate) fn write_profiles(&self, desired: &Desired) {
        let detecting = desired.live_hosts().filter(|h| h.spec.true_detect_mode).map(|h| h.domain.as_str()).collect();
        if let Err(error) = self.write_sentinel("argos-managed-profiles.yaml", &sentinel::profiles(&detecting)) {
            tracing::warn!(?error, "the profile could not be written for CrowdSec");
        }
    }

    /// Writes every wish but the profiles again: the shared directory may have come later than they did, or hold those of
    /// before a restore. Scenarios and scores only when somebody ever changed them. A failure is only told.
    pub(crate) async fn write_wishes(&self) {
        self.write_whitelist().await;
        let _one = self.crowdsec.wishes.lock().await;
        let written = self.write_own_wishes();
        if let Err(error) = written {
            tracing::warn!(?error, "scenarios and scores could not be written for CrowdSec");
        }
    }

    fn write_own_wishes(&self) -> Result<()> {
        if self.platform.settings.opt_text("appsec.scenarios.last_modified_at")?.is_some() {
            self.write_sentinel(DISABLED, &sentinel::disabled_scenarios(&self.disabled_scenarios()?))?;
        }
        let tuning = self.get_tuning()?;
        if tuning.last_modified_at.is_some() {
            self.write_sentinel(TUNING, &sentinel::tuning(tuning.inbound, tuning.outbound))?;
        }
        Ok(())
    }

    pub(super) fn disabled_scenarios(&self) -> Result<Vec<String>> {
        self.platform.settings.list("appsec.disabled_scenarios")
    }

    /// Every scenario by name, those that were switched off and are gone included.
    pub(crate) fn list_scenarios(&self) -> Result<(Vec<Scenario>, bool)> {
        let disabled = self.disabled_scenarios()?;
        let dir = self.state_dir().join("scenarios");
        let index = read_capped(&self.shared_dir().join("argos-scenarios-index.json"));
        let index: serde_json::Map<String, serde_json::Value> = index.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default();
        let describe = |name: &str| index.get(name).and_then(|d| d.as_str()).map(str::to_owned);
        let mut found: Vec<Scenario> = Vec::new();
        for path in yaml_files(&dir) {
            let short = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let source = owner_of(&path);
            let name = source.as_ref().map_or_else(|| short.clone(), |owner| format!("{owner}/{short}"));
            let is_off = disabled.iter().any(|d| *d == name || *d == short);
            let path = path.display().to_string();
            found.push(Scenario { description: describe(&name), short_name: short, source, canonical_name: name, path, disabled: is_off });
        }
        for name in disabled {
            if !found.iter().any(|s| s.canonical_name == name || s.short_name == name) {
                let (source, short) = name.rsplit_once('/').map_or((None, name.clone()), |(o, s)| (Some(o.to_owned()), s.to_owned()));
                let description = describe(&name);
                found.push(Scenario { short_name: short, source, canonical_name: name, path: String::new(), disabled: true, description });
            }
        }
        found.sort_by(|a, b| a.canonical_name.cmp(&b.canonical_name));
        Ok((found, dir.is_dir()))
    }

    /// Parsers that CrowdSec runs: whose each is, when its link tells, and its name. Blocks.
    pub(crate) fn list_parsers(&self) -> Vec<(Option<String>, String)> {
        let stages = std::fs::read_dir(self.state_dir().join("parsers")).into_iter().flatten();
        let files = stages.filter_map(|entry| entry.ok().map(|e| e.path())).flat_map(|stage| yaml_files(&stage));
        let told = |path: PathBuf| {
            let short = path.file_stem()?.to_str()?.to_owned();
            let target = std::fs::read_link(&path).ok();
            let owner = target.and_then(|target| target.parent()?.file_name()?.to_str().map(str::to_owned));
            Some(owner.map_or_else(|| (None, short.clone()), |owner| (Some(owner.clone()), format!("{owner}/{short}"))))
        };
        let mut found: Vec<_> = files.filter_map(told).collect();
        found.sort();
        found
    }

    /// Switches a scenario; whether that changed anything.
    pub(crate) async fn switch_scenario(&self, actor: &Actor, name: &str, disabled: bool) -> Result<bool> {
        if !sentinel::is_scenario(name) {
            return Err(bad("name", "name must be a scenario such as crowdsecurity/http-probing"));
        }
        let _one = self.crowdsec.wishes.lock().await;
        let before = self.disabled_scenarios()?;
        if before.iter().any(|n| n == name) == disabled {
            return Ok(false);
        }
        let mut names = before.clone();
        names.retain(|n| n != name);
        if disabled {
            names.push(name.to_owned());
            names.sort();
        }
        self.write_sentinel(DISABLED, &sentinel::disabled_scenarios(&names))?;
        let now = self.platform.clock.now().rfc3339();
        let writes = [
            Write::json("appsec.disabled_scenarios", json!(names)).by_owner(),
            Write::text("appsec.scenarios.last_modified_at", now).by_owner(),
        ];
        let entry = Entry::new("security.scenario", Category::Security).alias("scenarios_patch").target("scenario", name);
        let text = format!("scenario {name} switched {}", if disabled { "off" } else { "on" });
        let kept = self.keep_wish(actor, &writes, entry.describe(text).after(json!({ "disabled": disabled }))).await;
        if kept.is_err() {
            self.write_sentinel(DISABLED, &sentinel::disabled_scenarios(&before))?;
        }
        kept.map(|()| true)
    }

    async fn keep_wish(&self, actor: &Actor, writes: &[Write], entry: Entry) -> Result<()> {
        let mut m = self.platform.audit.begin(actor).await?;
        self.platform.settings.set_many_in(&mut m, actor, writes).await?;
        m.commit(entry).await.map(drop)
    }

    pub(crate) fn get_tuning(&self) -> Result<Tuning> {
        let settings = &self.platform.settings;
        Ok(Tuning {
            inbound: settings.i64("appsec.inbound_threshold")?,
            outbound: settings.i64("appsec.outbound_threshold")?,
            last_modified_at: settings.opt_text("appsec.tuning.last_modified_at")?,
        })
    }

    pub(crate) async fn change_tuning(&self, actor: &Actor, inbound: Option<i64>, outbound: Option<i64>) -> Result<Tuning> {
        if inbound.is_none() && outbound.is_none() {
            return Err(bad("inbound_threshold", "inbound_threshold or outbound_threshold is required"));
        }
        for (field, value) in [("inbound_threshold", inbound), ("outbound_threshold", outbound)] {
            if value.is_some_and(|n| !(1..=100).contains(&n)) {
                return Err(bad(field, format!("{field} must be 1-100")));
            }
        }
        let _one = self.crowdsec.wishes.lock().await;
        let before = self.get_tuning()?;
        let (inbound, outbound) = (inbound.unwrap_or(before.inbound), outbound.unwrap_or(before.outbound));
        self.write_sentinel(TUNING, &sentinel::tuning(inbound, outbound))?;
        let writes = [
            Write::json("appsec.inbound_threshold", inbound).by_owner(),
            Write::json("appsec.outbound_threshold", outbound).by_owner(),
            Write::text("appsec.tuning.last_modified_at", self.platform.clock.now().rfc3339()).by_owner(),
        ];
        let entry = Entry::new("security.appsec_tuning", Category::Security).alias("appsec_tuning_patch").target("appsec", "tuning");
        let shown = |inbound, outbound| json!({ "inbound_threshold": inbound, "outbound_threshold": outbound });
        let entry = entry.before(shown(before.inbound, before.outbound)).after(shown(inbound, outbound));
        if let Err(error) = self.keep_wish(actor, &writes, entry).await {
            self.write_sentinel(TUNING, &sentinel::tuning(before.inbound, before.outbound))?;
            return Err(error);
        }
        self.get_tuning()
    }

    /// Rule sets of the firewall and the number of its rules: those of the mounted directory, without it those that the script
    /// beside CrowdSec installs.
    pub(crate) fn firewall_rules(&self) -> (Vec<String>, usize) {
        let (rules, collections) = (self.state_dir().join("appsec-rules"), self.state_dir().join("collections"));
        let ours = COLLECTIONS.iter().filter(|name| !collections.is_dir() || collections.join(format!("{name}.yaml")).exists());
        let total = if rules.is_dir() { yaml_files(&rules).len() } else { RULES_USUAL };
        (ours.map(|name| format!("crowdsecurity/{name}")).collect(), total)
    }

    /// What the script beside CrowdSec says that it applied, and whether that is what is wanted now.
    pub(crate) fn find_ack(&self) -> Option<(sentinel::Ack, bool)> {
        let shared = self.shared_dir();
        let mut ack = sentinel::Ack::read(&read_capped(&shared.join(ACK))?)?;
        ack.is_watching &= is_alive(touched(&shared.join(WATCH)), self.platform.clock.now());
        let mut digest = sha2::Sha256::new();
        for name in WISHES {
            let mut wish = Vec::new();
            // A wish that is not there is an empty one, to the script too.
            let read = std::fs::File::open(shared.join(name)).and_then(|file| file.take(WISH_MAX).read_to_end(&mut wish));
            digest.update(read.map_or(&[][..], |_| &wish));
        }
        let is_current = data_encoding::HEXLOWER.encode(&digest.finalize()) == ack.mark;
        Some((ack, is_current))
    }
}

pub(crate) fn read_capped(path: &Path) -> Option<String> {
    let size = std::fs::metadata(path).ok()?.len();
    if size > FILE_MAX { None } else { std::fs::read_to_string(path).ok() }
}

/// When a file was written last.
fn touched(path: &Path) -> Option<Timestamp> {
    let modified = std::fs::metadata(path).and_then(|found| found.modified()).ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok().map(Timestamp::from_secs)
}

/// Whether a script that gave its last sign of life then still watches.
fn is_alive(touched: Option<Timestamp>, now: Timestamp) -> bool {
    touched.is_some_and(|at| now.secs_since(at).abs() < WATCH_AGE_S)
}

pub(super) fn yaml_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    entries.filter_map(|entry| entry.ok().map(|e| e.path())).filter(is_yaml).collect()
}

/// Whose scenario a link leads to: `.../scenarios/<owner>/<file>`.
fn owner_of(path: &Path) -> Option<String> {
    let target = std::fs::read_link(path).ok()?;
    let parts: Vec<String> = target.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    let at = parts.iter().rposition(|part| part == "scenarios")?;
    parts.get(at + 1).filter(|_| parts.len() == at + 3).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_watches_as_long_as_it_gives_signs_of_life() {
        let now = Timestamp::from_secs(1_000_000);
        let watches = |ago: i64| is_alive(Some(now.minus_secs(ago)), now);
        assert!(watches(0) && watches(59) && watches(-5), "its clock may be a little ahead");
        assert!(!watches(60) && !watches(-600) && !is_alive(None, now), "it ended with its container, or never watched");
    }
}
