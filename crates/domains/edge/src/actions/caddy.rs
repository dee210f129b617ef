//! The wanted state at an external Caddy: its document is made, loaded whole, and remembered. What a build cannot do is
//! learned from its refusals and left out with a warning; anything else that it refuses changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::PoisonError;

use argos_caddy::{Admin, AdminError, Transport};
use argos_kernel::{AppError, Result};
use serde_json::Value;

use super::blame::Refusal;
use crate::caddy::Caddy;
use crate::certificates::manual_aad;
use crate::crowdsec::Connection;
use crate::model::caddy::{Around, CrowdSecAt, Document, generate, is_optional};
use crate::model::compile::prefixes;
use crate::model::desired::Desired;
use crate::model::dns_provider::Credentials;
use crate::model::host::TlsMode;
use crate::service::Edge;
use crate::store::{self, dns_providers, manual_certificates, protection};

/// Modules that one push may learn not to be there; each costs a refused load.
const LESSONS_MAX: usize = 16;

/// What a document is made from beside the wanted state and the settings.
pub(crate) struct Place<'a> {
    pub(crate) caddy: &'a Caddy,
    pub(crate) missing: BTreeSet<String>,
    /// Sites whose uploaded certificate Caddy can read.
    pub(crate) manual: BTreeSet<i64>,
    pub(crate) providers: BTreeMap<String, Credentials>,
}

impl Edge {
    /// Has Caddy take a state; what was left out of it. `forced` also when the document is the same.
    pub(crate) async fn push(&self, caddy: &Caddy, desired: &Desired, forced: bool) -> Result<Vec<String>, Refusal> {
        let said = |error: AppError| error.message().to_owned();
        let manual = self.write_manual_certificates(caddy, desired).await.map_err(said)?;
        let providers = self.dns_provider_credentials().await.map_err(said)?;
        let mut place = Place { caddy, missing: caddy.missing(), manual, providers };
        for _ in 0..LESSONS_MAX {
            let document = self.caddy_document(desired, &place).await.map_err(said)?;
            let text = document.json.to_string();
            match caddy.admin().load(text, forced || caddy.has_new_files()).await {
                Ok(()) => {
                    caddy.note_loaded(document.json, self.platform.clock.now());
                    tokio::task::block_in_place(|| remove_stale(&caddy.manual_dir, &place.manual));
                    return Ok(document.warnings);
                }
                Err(error) => match error.missing_module().filter(|module| is_optional(module)) {
                    Some(module) if caddy.lacks(module) => {
                        tracing::warn!(module, "this build of Caddy lacks a module; what needs it is left out");
                        place.missing = caddy.missing();
                    }
                    _ => {
                        caddy.note_away(matches!(error, AdminError::Unreachable(_)));
                        return Err(Refusal { by_engine: matches!(error, AdminError::Refused(..)), why: error.to_string() });
                    }
                },
            }
        }
        Err("Caddy lacks more modules than any document asks for".to_owned().into())
    }

    /// The document of a state.
    pub(crate) async fn caddy_document(&self, desired: &Desired, place: &Place<'_>) -> Result<Document> {
        let (db, settings) = (&self.platform.store.state, &self.platform.settings);
        let (exclusions, custom_rules) = (protection::all_exclusions(db).await?, protection::all_custom_rules(db).await?);
        let caddy = place.caddy;
        let authority = |spec: &_| self.acme_directory(spec);
        let around = Around {
            admin_listen: caddy.admin_listen(),
            listen: caddy.listen.addresses.clone(),
            http_port: caddy.listen.http_port,
            https_port: caddy.listen.https_port,
            trusted: settings.list("proxy.trusted_ranges")?,
            balancers: prefixes(&settings.list("edge.proxy_protocol_ranges")?).iter().map(ToString::to_string).collect(),
            lan: settings.list("access.lan_ranges")?,
            panel_upstream: caddy.panel_upstream.clone(),
            panel: self.auth.panel_host(),
            access_log: caddy.logs.access.clone(),
            errors_log: caddy.logs.errors.clone(),
            firewall_log: caddy.logs.firewall.clone(),
            manual_dir: caddy.manual_dir_caddy.clone(),
            manual: place.manual.clone(),
            authority: &authority,
            providers: &place.providers,
            crowdsec: self.crowdsec_at()?,
            missing: &place.missing,
            exclusions: &exclusions,
            custom_rules: &custom_rules,
        };
        Ok(generate(desired, &around))
    }

    /// Where Caddy hears of bans; `None` while nobody is to be banned.
    fn crowdsec_at(&self) -> Result<Option<CrowdSecAt>> {
        let settings = &self.platform.settings;
        if !Connection::is_set_up(settings)? {
            return Ok(None);
        }
        let connection = Connection::of_bouncer(settings)?;
        Ok(Some(CrowdSecAt {
            appsec_url: self.firewall_url(&connection)?,
            streaming: settings.bool("crowdsec.streaming")?,
            fail_open: self.passes_unseen()?,
            url: connection.url,
        }))
    }

    /// Credentials of the providers that are on, opened.
    pub(crate) async fn dns_provider_credentials(&self) -> Result<BTreeMap<String, Credentials>> {
        let mut out = BTreeMap::new();
        for row in dns_providers::list(&self.platform.store.state).await?.into_iter().filter(|row| row.enabled) {
            let opened = self.dns_credentials(&row)?;
            out.insert(row.name, opened.reveal().clone());
        }
        Ok(out)
    }

    /// Writes the files of uploaded certificates that changed or are gone. The sites whose files are there.
    async fn write_manual_certificates(&self, caddy: &Caddy, desired: &Desired) -> Result<BTreeSet<i64>> {
        let wanted: BTreeSet<i64> = desired.live_hosts().filter(|h| h.spec.tls_mode == TlsMode::Manual).map(|h| h.id).collect();
        let mut there = BTreeSet::new();
        if wanted.is_empty() {
            return Ok(there);
        }
        let db = &self.platform.store.state;
        for outline in manual_certificates::outlines(db).await?.into_iter().filter(|o| wanted.contains(&o.host_id)) {
            let id = outline.host_id;
            let known = caddy.written.lock().unwrap_or_else(PoisonError::into_inner).get(&id) == Some(&outline.fingerprint);
            let files = caddy.files(id);
            if known && tokio::task::block_in_place(|| files.iter().all(|file| file.is_file())) {
                there.insert(id);
                continue;
            }
            let Some(row) = manual_certificates::find(db, id).await? else { continue };
            let key = match self.platform.vault.open(&manual_aad(&id.to_string()), &row.key_enc) {
                Ok(key) => key,
                Err(error) => {
                    tracing::error!(host_id = id, ?error, "the key of an uploaded certificate cannot be opened");
                    continue;
                }
            };
            let chain = row.cert_pem + &row.chain_pem;
            let outcome = tokio::task::block_in_place(|| {
                let [certificate, private] = &files;
                write_file(private, key.reveal()).and_then(|()| write_file(certificate, chain.as_bytes()))
            });
            match outcome {
                Ok(()) => {
                    caddy.written.lock().unwrap_or_else(PoisonError::into_inner).insert(id, row.fingerprint);
                    there.insert(id);
                    caddy.note_new_files();
                }
                Err(error) => tracing::error!(host_id = id, ?error, "the files of an uploaded certificate cannot be written"),
            }
        }
        Ok(there)
    }

    /// Has Caddy serve what is wanted when it serves something else, as after its restart with another file. A newest
    /// state that it refuses is replaced by the last one it took.
    pub(crate) async fn compare_caddy(&self, caddy: &Caddy) -> Result<(), String> {
        let running = caddy.admin().config().await.map_err(|e| e.to_string())?;
        if caddy.is_running(&running) {
            return Ok(());
        }
        caddy.forget_missing();
        if self.reconcile(true).await {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        if let Some(document) = caddy.document() {
            return load_again(&caddy.admin(), &document).await;
        }
        let kept = store::revision::snapshot(&self.platform.store.state).await.map_err(|e| e.to_string())?;
        match kept {
            Some(kept) => {
                tracing::warn!(revision = kept.revision, "Caddy is given the last good state");
                self.push(caddy, &kept.desired, false).await.map(drop).map_err(|refusal| refusal.why)
            }
            None => Ok(()),
        }
    }

    /// Has Caddy look at its certificates anew. 502 when it does not.
    pub(crate) async fn force_caddy(&self, caddy: &Caddy) -> Result<()> {
        let _turn = self.turn.lock().await;
        let desired = store::desired::load(&self.platform.store.state).await?;
        let outcome = self.push(caddy, &desired, true).await;
        outcome.map(drop).map_err(|refusal| AppError::new(argos_kernel::ErrorKind::Upstream, refusal.why).code("caddy_refused"))
    }
}

async fn load_again(admin: &Admin<'_, dyn Transport + '_>, document: &Value) -> Result<(), String> {
    admin.load(document.to_string(), false).await.map_err(|e| e.to_string())
}

/// Readable by the group that Caddy runs in, and by nobody else.
fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(dir) = path.parent().filter(|dir| !dir.is_dir()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o750).create(dir)?;
    }
    let new = path.with_extension("new");
    drop(std::fs::remove_file(&new));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o640).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

/// Takes away files of certificates that no site has any more.
fn remove_stale(dir: &Path, wanted: &BTreeSet<i64>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.filter_map(|entry| entry.ok().map(|e| e.path())) {
        let is_ours = path.extension().is_some_and(|e| e == "crt" || e == "key");
        let id = path.file_stem().and_then(|s| s.to_str()).and_then(|s| s.parse::<i64>().ok());
        let is_stale = is_ours && id.is_some_and(|id| !wanted.contains(&id));
        if let Some(error) = is_stale.then(|| std::fs::remove_file(&path)).and_then(Result::err) {
            tracing::warn!(?error, path = %path.display(), "the file of a removed certificate stays");
        }
    }
}
