//! Where platform crates meet that may not know each other: settings become policies, changes become audit rows and
//! events. No rule of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use argos_alerts::People;
use argos_approvals::Approver;
use argos_audit::{Audit, Category, Entry};
use argos_events::{Events, NewEvent, Source};
use argos_identity::{BootOptions, Identity, IdentityDeps, Project};
use argos_kernel::{Actor, AppError, Clock, ErrorKind, Result, Rng, Role, Secret, Uid};
use argos_logs::{Retention as LogRetention, RetentionNow};
use argos_net::{AllowEntry, Net, Policy as NetPolicy};
use argos_notify::{NotifyParts, Providers, PushKeys, Retention as NotifyRetention, Retry, Security, Smtp};
use argos_platform::Platform;
use argos_settings::boot::Boot;
use argos_settings::{Change, ChangeSink, Settings, Write};
use argos_store::{Store, Tx};
use argos_vault::Vault;
use argos_web::{BoxFuture, Organizations, ProjectRef, Req, WebConfig, parse_cidrs};
use argos_webhooks::WebhookParts;
use serde_json::{Map, Value, json};

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
        let (job_days, bytes_max) = (settings.i64("jobs.retention_days")?, settings.i64("logs.max_size_mb")?.saturating_mul(1 << 20));
        Ok::<_, AppError>(LogRetention { days, entries_max, job_days, bytes_max, ..LogRetention::default() })
    };
    Arc::new(move || {
        read().unwrap_or_else(|error| {
            tracing::error!(?error, "log retention settings could not be read; the documented defaults hold");
            LogRetention::default()
        })
    })
}

/// Pool sizes, flood limit and time zone, by the settings of the moment.
pub(crate) async fn apply_limits(p: &Platform) -> Result<()> {
    let count = |key: &str| p.settings.i64(key).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    p.jobs.set_pool_limit("quality_run", count("quality.scheduler.max_concurrent_runs")?);
    p.events.set_flood_limit(count("events_max_per_node_per_minute")?);
    match time_zone(&p.settings) {
        Ok(zone) => {
            p.alerts.set_zone(zone);
            p.schedules.set_zone(zone).await
        }
        Err(failure) => {
            tracing::error!(error = failure.message, "the time zone was not changed");
            Ok(())
        }
    }
}

/// Who can be made responsible for an incident.
pub(crate) struct Users(pub(crate) Identity);

impl People for Users {
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(async move {
            match self.0.user_by_name(name).await {
                Ok(user) => Ok(user.is_active.then_some(user.username)),
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
                Err(e) => Err(e),
            }
        })
    }
}

impl argos_approvals::People for Users {
    fn approvers<'a>(&'a self, tx: &'a mut Tx, permission: &'a str) -> BoxFuture<'a, Result<Vec<Approver>>> {
        Box::pin(async move {
            let able = self.0.people_who_may(tx, &["approvals:decide", permission]).await?;
            Ok(able.into_iter().map(|(username, role)| Approver { username, is_admin: role >= Role::Admin }).collect())
        })
    }
}

impl Organizations for Users {
    fn organization_of<'a>(&'a self, req: &'a Req) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async move { Ok(self.0.organization_of(req).await?.organization.id) })
    }
    fn organization_named<'a>(&'a self, req: &'a Req, text: &'a str) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async move { Ok(self.0.organization_named(req, text).await?.organization.id) })
    }
    fn project_named<'a>(&'a self, req: &'a Req, text: &'a str) -> BoxFuture<'a, Result<ProjectRef>> {
        Box::pin(async move {
            let access = self.0.project_named(req, text).await?;
            access.require(req.cx().rule().permission())?;
            Ok(project_ref(&access.project))
        })
    }
    fn uid_of(&self, organization: i64) -> BoxFuture<'_, Result<Option<Uid>>> {
        Box::pin(self.0.organization_uid(organization))
    }
    fn projects_of(&self, organization: i64) -> BoxFuture<'_, Result<Vec<ProjectRef>>> {
        Box::pin(async move { Ok(self.0.projects_of(organization, None).await?.iter().map(project_ref).collect()) })
    }
}

/// Maintenance windows, asked about what is due by the clock.
pub(crate) struct Held {
    pub(crate) alerts: argos_alerts::Alerts,
    pub(crate) identity: Identity,
}

impl argos_jobs::SlotGate for Held {
    fn holds<'a>(&'a self, schedule: &'a argos_jobs::Schedule) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let spec = &schedule.spec;
            let mut labels = json!({ "schedule": spec.name, "kind": spec.job_kind });
            if let Some(service) = spec.payload.get("service").filter(|s| s.is_string()) {
                labels["service"] = service.clone();
            }
            let mut spellings = vec![labels];
            // A window names a project as people do, by its id or by its number.
            if let (Some(organization), Some(id)) = (spec.organization_id, spec.project_id) {
                let known = self.identity.projects_of(organization, None).await?.into_iter().find(|p| p.id == id);
                let names = known.map(|p| [p.fields.name, p.uid.to_string()]).into_iter().flatten().chain([id.to_string()]);
                let base = spellings.remove(0);
                spellings.extend(names.map(|name| {
                    let mut labels = base.clone();
                    labels["project"] = name.into();
                    labels
                }));
            }
            self.alerts.holds_schedule(&spellings).await
        })
    }
}

fn project_ref(project: &Project) -> ProjectRef {
    ProjectRef { id: project.id, uid: project.uid, organization_id: project.organization_id }
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
) -> Result<IdentityDeps, String> {
    Ok(IdentityDeps {
        db: store.state.clone(),
        clock: Arc::clone(clock),
        rng: Arc::clone(rng),
        vault: vault.clone(),
        audit: audit.clone(),
        events: events.clone(),
        policy: argos_identity::policy_of(settings.clone()),
        boot: BootOptions::of(boot)?,
    })
}

/// Everything the notifier is made of.
#[expect(clippy::too_many_arguments, reason = "wiring: each is one shared capability")]
pub(crate) fn notify_parts(
    store: &Store,
    clock: &Arc<dyn Clock>,
    rng: &Arc<dyn Rng>,
    vault: &Vault,
    net: &Net,
    events: &Events,
    audit: &Audit,
    settings: &Settings,
    identity: &Identity,
) -> NotifyParts {
    let live = settings.clone();
    let read = move || {
        let (days, max_entries) = (live.i64("notifications.retention_days")?, live.i64("notifications.max_entries")?);
        Ok::<_, AppError>(NotifyRetention { days, max_entries })
    };
    let (shared, boot_time) = (settings.clone(), settings.boot().text("telegram.api"));
    NotifyParts {
        readers: Arc::new(Users(identity.clone())),
        organizations: Arc::new(Users(identity.clone())),
        push_keys: Arc::new(PushKeyStore(settings.clone())),
        providers: Arc::new(move || {
            notify_providers(&shared, boot_time.clone()).unwrap_or_else(|error| {
                tracing::error!(?error, "settings of notification providers could not be read; the vendors' addresses hold");
                Providers::default()
            })
        }),
        db: store.state.clone(),
        clock: Arc::clone(clock),
        rng: Arc::clone(rng),
        vault: vault.clone(),
        net: net.clone(),
        events: events.clone(),
        audit: audit.clone(),
        retry: Retry::FAST,
        retention: Arc::new(move || {
            read().unwrap_or_else(|error| {
                tracing::error!(?error, "notification retention could not be read; the documented default holds");
                NotifyRetention::default()
            })
        }),
    }
}

/// Everything receiving webhooks is made of.
#[expect(clippy::too_many_arguments, reason = "wiring: each is one shared capability")]
pub(crate) fn webhook_parts(
    store: &Store,
    clock: &Arc<dyn Clock>,
    rng: &Arc<dyn Rng>,
    vault: &Vault,
    net: &Net,
    events: &Events,
    audit: &Audit,
    identity: &Identity,
    settings: &Settings,
) -> WebhookParts {
    let (boot, live, reached) = (settings.boot(), settings.clone(), settings.clone());
    WebhookParts {
        net: net.clone(),
        organizations: Arc::new(Users(identity.clone())),
        public_url: Arc::new(move || reached.opt_text("http.public_url")),
        hooks: Arc::new(move || live.json("ops.automations")),
        db: store.state.clone(),
        clock: Arc::clone(clock),
        rng: Arc::clone(rng),
        vault: vault.clone(),
        events: events.clone(),
        audit: audit.clone(),
        fallback: Arc::new(move |source| {
            Ok(match source {
                "sentry" => boot.secret("webhooks.sentry_secret"),
                "github" => boot.secret("webhooks.github_secret"),
                "gitlab" => boot.secret("webhooks.gitlab_token"),
                _ => None,
            })
        }),
    }
}

/// The push key pair lives in two settings that only this writes.
struct PushKeyStore(Settings);

impl PushKeys for PushKeyStore {
    fn load(&self) -> Result<Option<(String, Secret<String>)>> {
        let public = self.0.opt_text("notifications.vapid_public_key")?;
        Ok(public.zip(self.0.secret("notifications.vapid_private_key")?))
    }
    fn keep<'a>(&'a self, public: &'a str, private: &'a Secret<String>) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            let writes = [
                Write::text("notifications.vapid_public_key", public).by_owner(),
                Write::text("notifications.vapid_private_key", private.reveal().as_str()).by_owner(),
            ];
            self.0.set_many(&Actor::system(), &writes).await.map(drop)
        })
    }
}

impl argos_notify::Readers for Users {
    fn may_read<'a>(&'a self, user_id: i64, organization: Option<i64>, node: Option<&'a str>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.0.may_read(user_id, organization, node).await })
    }
    fn who_may<'a>(&'a self, organization: i64, permission: &'a str) -> BoxFuture<'a, Result<Vec<i64>>> {
        Box::pin(async move { self.0.members_who_may(organization, permission).await })
    }
    fn address_of(&self, user_id: i64) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(async move { self.0.address_of(user_id).await })
    }
}

/// Carries identity's letters through the notifier.
pub(crate) struct Letters(pub(crate) argos_notify::Notify);

impl argos_identity::Post for Letters {
    fn post<'a>(&'a self, to: &'a str, subject: &'a str, text: String) -> argos_web::BoxFuture<'a, argos_identity::Posted> {
        Box::pin(async move {
            match self.0.post(to, subject, text).await {
                argos_notify::Posted::Sent => argos_identity::Posted::Sent,
                argos_notify::Posted::NotConfigured => argos_identity::Posted::NotConfigured,
                argos_notify::Posted::Failed(why) => argos_identity::Posted::Failed(why),
            }
        })
    }
}

/// What people want to hear, as the notifier keeps it.
pub(crate) struct WishesOfPeople(pub(crate) argos_notify::Notify);

impl argos_identity::Wishes for WishesOfPeople {
    fn of(&self, user_id: i64) -> BoxFuture<'_, Result<Map<String, Value>>> {
        Box::pin(self.0.preferences_of(user_id))
    }

    fn change<'a>(
        &'a self,
        actor: &'a Actor,
        user_id: i64,
        edit: argos_identity::WishEdit<'a>,
    ) -> BoxFuture<'a, Result<Map<String, Value>>> {
        Box::pin(self.0.change_preferences(actor, user_id, edit))
    }
}

/// Vendors' addresses and the instance's own mail server and broker.
fn notify_providers(s: &Settings, telegram: Option<String>) -> Result<Providers, AppError> {
    let login = |user: &str, password: &str| -> Result<_, AppError> {
        let user = s.opt_text(user)?;
        let password = s.secret(password)?.unwrap_or_else(|| Secret::new(String::new()));
        Ok(user.map(|u| (u, password)))
    };
    let mut providers = Providers::default();
    let fill = |place: &mut String, text: Option<String>| *place = text.unwrap_or_else(|| std::mem::take(place));
    fill(&mut providers.telegram, telegram);
    fill(&mut providers.slack, s.opt_text("slack.api")?);
    fill(&mut providers.pushover, s.opt_text("pushover.api")?);
    fill(&mut providers.contact, s.opt_text("notifications.vapid_contact_email")?);
    providers.group_window_s = s.i64("power.alert.group_window_seconds")?;
    providers.pagerduty = s.text("pagerduty.api")?;
    providers.opsgenie = s.text("opsgenie.api")?;
    providers.smtp = Smtp {
        host: s.text("smtp.host")?,
        port: s.i64("smtp.port")?,
        security: Security::parse(&s.text("smtp.security")?),
        from: s.text("smtp.from")?,
        login: login("smtp.user", "smtp.password")?,
    };
    Ok(providers.with_broker(&s.text("mqtt.url")?, login("mqtt.username", "mqtt.password")?))
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
