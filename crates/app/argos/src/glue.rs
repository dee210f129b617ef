//! Where platform crates meet that may not know each other: settings become policies, changes become audit rows and
//! events. No rule of its own.

use std::sync::Arc;

use argos_audit::{Audit, Category, Entry};
use argos_events::{AckAudit, Event, Events, NewEvent, Source};
use argos_identity::{BootOptions, IdentityDeps, Policy as SignInPolicy};
use argos_kernel::{Actor, AppError, Clock, Result, Rng};
use argos_logs::{Retention as LogRetention, RetentionNow};
use argos_net::{AllowEntry, Policy as NetPolicy};
use argos_settings::boot::Boot;
use argos_settings::{Change, ChangeSink, Settings};
use argos_store::{Store, Tx};
use argos_vault::Vault;
use argos_web::{BoxFuture, WebConfig, parse_cidrs};
use serde_json::json;

use crate::exit::Failure;

/// The audit log, with every secret in use kept out of its rows.
pub(crate) fn audit(store: &Store, clock: &Arc<dyn Clock>, rng: &Arc<dyn Rng>, vault: &Vault) -> Audit {
    let redactor = vault.redactor().clone();
    let audit = Audit::new(store.state.clone(), Arc::clone(clock), Arc::clone(rng));
    audit.with_redact(Arc::new(move |value| redactor.json(value)))
}

/// Audit row and event of a changed setting.
struct RecordChanges {
    audit: Audit,
    events: Events,
}

impl ChangeSink for RecordChanges {
    fn changed<'a>(&'a self, tx: &'a mut Tx, actor: &'a Actor, changes: &'a [Change]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let keys: Vec<&str> = changes.iter().map(|c| c.key).collect();
            let list: Vec<_> = changes.iter().map(|c| json!({ "key": c.ops_name.unwrap_or(c.key), "old": c.old, "new": c.new })).collect();
            let text = format!("Settings changed: {}", keys.join(", "));
            let entry = Entry::new("settings.update", Category::Config).alias("settings_update").target("settings", keys.join(","));
            self.audit.record(tx, actor, entry.describe(text.clone()).after(json!({ "changes": list }))).await?;
            let event = NewEvent::new(Source::Platform, "config_change", text).actor(actor).data(json!({ "keys": keys }));
            self.events.publish(tx, event).await?;
            Ok(())
        })
    }
}

/// The live settings, recording their changes.
pub(crate) async fn settings(
    boot: &Boot,
    store: &Store,
    clock: &Arc<dyn Clock>,
    rng: &Arc<dyn Rng>,
    vault: &Vault,
    events: &Events,
    audit: &Audit,
) -> Result<Settings, Failure> {
    let boot = boot.reload().map_err(Failure::configuration)?;
    let settings = Settings::open(&store.state, vault, boot, Arc::clone(clock), Arc::clone(rng)).await?;
    settings.set_sink(Arc::new(RecordChanges { audit: audit.clone(), events: events.clone() }));
    Ok(settings)
}

/// Audit row of an acknowledged event.
pub(crate) struct RecordAcks(pub(crate) Audit);

impl AckAudit for RecordAcks {
    fn record<'a>(&'a self, tx: &'a mut Tx, actor: &'a Actor, event: &'a Event, note: Option<&'a str>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let entry = Entry::new("event.ack", Category::Action).target("event", event.id);
            self.0.record(tx, actor, entry.describe(format!("Acknowledged {}: {}", event.kind, note.unwrap_or_default()))).await?;
            Ok(())
        })
    }
}

/// The address guard of outbound requests.
pub(crate) fn net_policy(boot: &Boot, settings: &Settings) -> Result<NetPolicy, Failure> {
    let entries = boot.list("net.outbound_allow");
    let allow = entries.iter().map(|e| e.parse::<AllowEntry>().map_err(|_| e.clone())).collect::<Result<Vec<_>, _>>();
    Ok(NetPolicy {
        allow: allow.map_err(|bad| Failure::configuration(format!("net.outbound_allow: {bad} is no host, range or host:port")))?,
        allow_private_targets: boot.bool("net.allow_private_targets"),
        allow_cgnat: settings.bool("net.allow_cgnat")?,
        own_ports: Vec::new(),
        own_addresses: Vec::new(),
    })
}

/// The zone in which calendar days and schedules are cut.
pub(crate) fn time_zone(settings: &Settings) -> Result<chrono_tz::Tz, Failure> {
    let name = settings.text("system.timezone")?;
    name.parse().map_err(|_| Failure::configuration(format!("system.timezone: {name} is no IANA time zone")))
}

/// How long log lines are kept, by the settings of the moment.
pub(crate) fn log_retention(settings: &Settings) -> RetentionNow {
    let settings = settings.clone();
    let read = move || {
        let (days, entries_max) = (settings.i64("logs.retention_days")?, settings.i64("logs.max_entries")?);
        Ok::<_, AppError>(LogRetention { days, entries_max, job_days: settings.i64("jobs.retention_days")?, ..LogRetention::default() })
    };
    Arc::new(move || {
        read().unwrap_or_else(|error| {
            tracing::error!(?error, "log retention settings could not be read; the documented defaults hold");
            LogRetention::default()
        })
    })
}

/// What the settings say about sign-in, read anew for every decision.
fn sign_in_policy(settings: &Settings) -> Result<SignInPolicy> {
    let token = settings.secret("metrics.token")?;
    let hash = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref().try_into().ok();
    let hours = |key: &str| settings.i64(key);
    let mut policy = SignInPolicy {
        sessions_per_user: settings.i64("session.max_per_user")?,
        attempts_per_minute: settings.i64("max_login_attempts")?,
        password_length_min: usize::try_from(settings.i64("auth.password_min_length")?).unwrap_or(8),
        require_2fa: settings.bool("auth.require_2fa")?,
        totp_issuer: settings.text("auth.totp_issuer")?,
        write_implies_execute: settings.bool("auth.scope_write_implies_execute")?,
        cookie_domain: settings.opt_text("oidc.cookie_parent_domain")?,
        auto_join_default: settings.bool("org.auto_join_default")?,
        metrics_token_hash: token.and_then(|t| hash(t.reveal())),
        ..SignInPolicy::default()
    };
    policy.lifetimes.web_absolute_h = hours("session.absolute_timeout_hours")?;
    policy.lifetimes.web_idle_h = hours("session.idle_timeout_hours")?.min(policy.lifetimes.web_absolute_h);
    policy.lifetimes.token_h = hours("session_lifetime_hours")?;
    Ok(policy)
}

/// Everything identity is built from.
#[expect(clippy::too_many_arguments, reason = "wiring: each is one shared capability")]
pub(crate) fn identity_deps(
    boot: &Boot,
    store: &Store,
    clock: &Arc<dyn Clock>,
    rng: &Arc<dyn Rng>,
    vault: &Vault,
    events: &Events,
    audit: &Audit,
    settings: &Settings,
) -> IdentityDeps {
    let live = settings.clone();
    let home = std::env::home_dir().map(|h| h.join(".ssh/authorized_keys"));
    IdentityDeps {
        db: store.state.clone(),
        clock: Arc::clone(clock),
        rng: Arc::clone(rng),
        vault: vault.clone(),
        audit: audit.clone(),
        events: events.clone(),
        policy: Arc::new(move || {
            sign_in_policy(&live).unwrap_or_else(|error| {
                tracing::error!(?error, "sign-in settings could not be read; the documented defaults hold");
                SignInPolicy::default()
            })
        }),
        boot: BootOptions {
            data_dir: boot.data_dir(),
            initial_admin_user: boot.text("initial_admin_user"),
            initial_admin_password: boot.secret("initial_admin_password"),
            api_key: boot.secret("api_key"),
            authorized_keys: home,
        },
    }
}

/// The live part of the web kit.
pub(crate) fn web_config(boot: &Boot, settings: &Settings) -> Result<WebConfig> {
    let ranges = |list: Vec<String>, what: &str| {
        parse_cidrs(&list.join(",")).unwrap_or_else(|bad| {
            tracing::error!(bad, what, "not an address range; the list is ignored");
            Vec::new()
        })
    };
    Ok(WebConfig {
        trusted_proxies: ranges(boot.list("http.trusted_proxies"), "http.trusted_proxies"),
        cors_origins: boot.list("http.cors_origins"),
        ip_allowlist: ranges(settings.list("auth.ip_allowlist")?, "auth.ip_allowlist"),
        rate_limiting: settings.bool("http.rate_limiting")?,
        power_per_minute: u32::try_from(settings.i64("power.rate_limit_per_minute")?).unwrap_or(60),
        public_docs: settings.bool("http.public_docs")?,
        api_docs_alias: settings.bool("http.api_docs_alias")?,
    })
}
