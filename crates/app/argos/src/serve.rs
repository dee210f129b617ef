//! `argos serve`: start in the documented order, announce the bound addresses, run until a signal, stop in order.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use argos_identity::SignOn;
use argos_kernel::ErrorKind;
use argos_platform::{ComponentStatus, Domain, First, Platform};
use argos_settings::boot::Boot;
use argos_ui_assets::UiAssets;
use argos_web::{ServeOptions, Web};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::ServeArgs;
use crate::data_dir::DataDir;
use crate::exit::{Exit, Failure};
use crate::listeners::{Addresses, Listeners};
use crate::own_place;
use crate::pid_file::PidFile;
use crate::refusals::Refusals;
use crate::replicas::Replicas;
use crate::routes::docs::Docs;
use crate::routes::health::{Ready, Service, VERSION};
use crate::routes::tls::Tls;
use crate::{announced, boot, desk, glue, logging, maintenance, observed, offered, rekey, routes, set_channels, upgrade};

/// Everything must have ended this long after the signal.
const STOP_LIMIT: Duration = Duration::from_secs(12);
pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>) -> Result<(), Failure> {
    let boot = boot::configuration(args)?;
    let logs = logging::start(&boot);
    let dir = DataDir::hold(&boot.data_dir())?;
    let _pid_file = PidFile::write(boot.path("pid_file"))?;
    let migrations = boot::migrations(&domains);
    boot::apply_restore(&boot, &migrations).await?;
    let store = boot::open_store(&boot).await?;
    let now = argos_kernel::Clock::now(&argos_kernel::SystemClock);
    let before_upgrade = upgrade::run(&boot, &store, &migrations, args.skip_upgrade_backup).await?;
    let platform = boot::platform(&boot, store, migrations, logs).await?;
    if let Some(made) = before_upgrade {
        let (backups, backup) = (platform.backups.clone(), platform.backups.record_upgrade(made).await?);
        platform.tasks.once("backup.copy-upgrade", async move { backups.copy_upgrade(&backup).await });
    }
    offered::register(&platform);
    let first_user = platform.identity.ensure_first_user().await?;

    let listeners = Listeners::bind(&boot, &dir, now).await?;
    let (certificate, place) = listeners.certificate();
    let tls = Tls::new(platform.clone(), &boot, certificate, place);
    let own = tls.clone();
    platform.listeners.set_certificate(move || own.describe());
    let ready = Ready::default();
    let (web, first, on_ready) = assemble(&boot, &platform, domains, &ready, tls.clone())?;
    for work in first {
        work().await.map_err(|e| match e.kind() {
            ErrorKind::Conflict => Failure::new(Exit::InUse, e.message()),
            _ => Failure::from(e),
        })?;
    }
    let addresses = listeners.addresses(&platform);
    if let Some(https) = addresses.https {
        platform.listeners.set("https", https);
    }
    own_place::guard(&platform, &addresses);
    for (bound, only) in listeners {
        let (web, stop) = (Arc::clone(&web), platform.tasks.shutdown().clone());
        let options = ServeOptions { tls: bound.tls, only, ..ServeOptions::default() };
        platform.tasks.once("http-listener", argos_web::serve(bound.listener, web, options, stop));
    }
    start_platform(&platform, &web);
    let replicas = Replicas::join(&platform).await;
    Replicas::share_limits(&platform, &web);
    let leader = replicas.clone();
    platform.observed.add(move || observed::leader(leader.leads()));
    lead_when_it_is_time(&platform, &replicas, on_ready);
    let signals = Signals::install()?;
    ready.set(true);
    announced::started(&platform).await?;
    announce(args, &platform, &addresses, &dir, first_user.as_ref())?;
    let ended = wait_for_stop(&platform, &tls, &replicas, signals).await;
    ready.set(false);
    announced::stopping(&platform, ended == End::Restart).await;
    stop(&platform).await;
    if ended == End::Restart {
        drop(dir);
        return Err(restart(&addresses));
    }
    Ok(())
}

/// Why serving ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Signal,
    /// A staged restore wants the next start, or another replica took the lead over.
    Restart,
}

/// Becomes a new process of the same id, which no supervisor has to know. Returns only when that fails. Ports that
/// were picked stay the same, so that clients find the server again.
fn restart(addresses: &Addresses) -> Failure {
    use std::os::unix::process::CommandExt;
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(e) => return Failure::runtime(format!("the server could not restart itself: {e}")),
    };
    let bound = [
        ("--listen", addresses.http),
        ("--tls-listen", addresses.https),
        ("--edge-http", addresses.edge_http),
        ("--edge-https", addresses.edge_https),
    ];
    let mut args: Vec<std::ffi::OsString> = Vec::new();
    let mut given = std::env::args_os().skip(1);
    while let Some(arg) = given.next() {
        let text = arg.to_string_lossy().into_owned();
        let flag = bound.iter().find(|(flag, _)| text == *flag || text.starts_with(&format!("{flag}=")));
        match flag {
            Some((flag, Some(address))) => {
                if text == *flag {
                    given.next();
                }
                args.push(format!("{flag}={address}").into());
            }
            _ => args.push(arg),
        }
    }
    tracing::info!("restarting");
    #[expect(clippy::disallowed_methods, reason = "replaces this very process; nothing runs beside it")]
    let failed = std::process::Command::new(program).args(args).exec();
    Failure::runtime(format!("the server could not restart itself: {failed}"))
}

type OnReady = Vec<Box<dyn FnOnce() + Send>>;
/// Everything mounted, and what runs before and after the process is ready.
pub(crate) type Assembled = (Arc<Web>, Vec<First>, OnReady);

/// Mounts every route of the platform, the domains and the process.
pub(crate) fn assemble(boot: &Boot, platform: &Platform, domains: Vec<Domain>, ready: &Ready, tls: Tls) -> Result<Assembled, Failure> {
    let service = Service { platform: platform.clone(), ready: ready.clone(), tls: tls.clone() };
    let p = platform;
    let declared = routes::preview::Declared::default();
    let sign_on = SignOn::new(p.identity.clone(), p.settings.clone(), p.net.clone());
    let mut builder = Web::builder()
        .config(glue::web_config(boot, &p.settings)?)
        .authenticator(Arc::new(p.identity.clone()))
        .replays(Arc::new(p.identity.clone()))
        .listener(Refusals::start(p.requests.clone(), p.events.clone(), &p.tasks))
        .fallback(UiAssets)
        .mount(routes::health::routes(service))
        .mount(routes::desk::routes(p.desk.clone()))
        .mount(routes::diagnostics::routes(p.clone()))
        .mount(routes::docs::routes(Docs::new(Arc::clone(&declared), p.settings.clone())))
        .mount(routes::preview::routes(p.clone(), Arc::clone(&declared)))
        .mount(routes::setup::routes(p.clone()))
        .mount(routes::tls::routes(tls))
        .mount(routes::vault::routes(p.clone()))
        .mount(argos_settings::routes(&p.settings))
        .mount(argos_events::routes(p.events.clone(), Arc::new(p.audit.clone()), p.tasks.clone()))
        .mount(argos_audit::routes(p.audit.clone()))
        .mount(argos_jobs::routes(p.jobs.clone(), p.audit.clone()))
        .mount(argos_jobs::schedule_routes(p.schedules.clone(), p.audit.clone()))
        .mount(argos_jobs::run_routes(p.jobs.clone(), p.audit.clone()))
        .mount(argos_jobs::quality_routes(p.schedules.clone(), p.audit.clone(), p.vault.clone(), Arc::new(glue::Users(p.identity.clone()))))
        .mount(p.identity.routes())
        .mount(sign_on.routes())
        .mount(argos_approvals::routes(p.approvals.clone()))
        .mount(argos_metrics::routes(p.metrics.clone()))
        .mount(argos_logs::routes(p.logs.clone(), p.audit.clone(), glue::log_retention(&p.settings)))
        .mount(argos_inventory::routes(p.inventory.clone()))
        .mount(argos_alerts::routes(p.alerts.clone()))
        .mount(argos_notify::routes(p.notify.clone()))
        .mount(argos_webhooks::routes(p.webhooks.clone()))
        .mount(argos_llm::routes(p.llm.clone()))
        .mount(argos_backup::routes(p.backups.clone(), p.tasks.clone()))
        .mount(argos_backup::portable_routes(p.portable.clone()));
    desk::register(p);
    rekey::register(p, rekey::columns(&domains));
    let (mut first, mut on_ready): (Vec<First>, OnReady) = (Vec::new(), Vec::new());
    let (tasks, adopting) = (p.tasks.clone(), sign_on.clone());
    first.push(Box::new(move || Box::pin(async move { adopting.adopt_issuers().await })));
    on_ready.push(Box::new(move || sign_on.start(&tasks)));
    let named = p.settings.clone();
    p.alerts.set_status_services(move || named.list("ops.statusPageServices").unwrap_or_default());
    // In every process, and before a rule is judged: without it problems about series of the house would end.
    let (alerts, identity) = (p.alerts.clone(), p.identity.clone());
    first.push(Box::new(move || {
        Box::pin(async move {
            if let Some((id, uid)) = identity.default_organization().await? {
                alerts.set_house(id, uid.to_string());
            }
            Ok(())
        })
    }));
    for domain in domains {
        let started = domain.build(platform);
        builder = builder.mount(started.routes);
        first.extend(started.before_ready);
        on_ready.extend(started.on_ready);
    }
    let web = builder.build(Arc::clone(&p.clock), Arc::clone(&p.rng), p.tasks.clone()).map_err(Failure::runtime)?;
    let web = Arc::new(web);
    declared.get_or_init(|| Arc::downgrade(&web));
    Ok((web, first, on_ready))
}

/// Starts what one process of all runs: at once when it leads, else when it comes to lead.
fn lead_when_it_is_time(platform: &Platform, replicas: &Replicas, on_ready: OnReady) {
    let (p, joined) = (platform.clone(), replicas.clone());
    let start = move |p: &Platform| {
        let tasks = &p.tasks;
        p.metrics.lead(tasks);
        p.logs.follow_audit(&p.audit, tasks);
        p.schedules.start(tasks);
        p.approvals.start(tasks);
        p.inventory.start(tasks);
        p.alerts.start(tasks);
        p.notify.start(tasks);
        p.webhooks.start(tasks);
        p.llm.start(tasks);
        p.backups.start(tasks);
        maintenance::start(p);
        p.tell_of_trouble();
        announced::follow_replicas(p);
        set_channels::follow(p);
        for work in on_ready {
            work();
        }
    };
    if replicas.leads() {
        return start(platform);
    }
    let stop = platform.tasks.shutdown().clone();
    platform.tasks.once("lead", async move {
        tokio::select! {
            () = stop.wait() => {}
            () = joined.lead() => start(&p),
        }
    });
}

/// Starts the workers of the platform crates that run in every process.
fn start_platform(platform: &Platform, web: &Arc<Web>) {
    let tasks = &platform.tasks;
    platform.vault.start(tasks);
    platform.settings.start(tasks);
    platform.metrics.start(tasks);
    platform.logs.start(tasks);
    platform.identity.start(tasks);
    platform.requests.start(tasks);
    platform.jobs.start(tasks);
    maintenance::start_probe(platform);
    announced::follow_secrets(platform);
    platform.observe();
    let counted = Arc::downgrade(web);
    platform.observed.add(move || counted.upgrade().map(|web| observed::requests(&web.stats())).unwrap_or_default());
    let (platform, web) = (platform.clone(), Arc::clone(web));
    // A changed setting acts at once: the web kit gets its new limits, the address guard its new list.
    tasks.supervise("settings-apply", move |stop| {
        let (platform, web) = (platform.clone(), Arc::clone(&web));
        async move {
            let mut changes = platform.settings.watch();
            loop {
                let boot = platform.settings.boot();
                web.configure(glue::web_config(&boot, &platform.settings)?);
                match glue::net_policy(&boot, &platform.settings) {
                    Ok(policy) => {
                        platform.net.change_policy(|now| {
                            let (own_ports, own_addresses) = (now.own_ports.clone(), now.own_addresses.clone());
                            Some(argos_net::Policy { own_ports, own_addresses, ..policy })
                        });
                    }
                    Err(failure) => tracing::error!(error = failure.message, "the outbound address list was not changed"),
                }
                glue::apply_limits(&platform).await?;
                tokio::select! {
                    () = stop.wait() => return Ok(()),
                    changed = changes.changed() => if changed.is_err() { return Ok(()) },
                }
            }
        }
    });
}

/// The one place that writes to standard output.
fn announce(
    args: &ServeArgs,
    platform: &Platform,
    addresses: &Addresses,
    dir: &DataDir,
    first_user: Option<&argos_identity::FirstUser>,
) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut line = |text: String| writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::runtime);
    if let Some(user) = first_user.filter(|u| u.generated) {
        // To standard error only: the log store keeps no password, not even this one.
        let text = json!({ "level": "WARN", "message": "first password, to be changed at the first sign-in", "username": user.username, "password": user.password.reveal() });
        writeln!(std::io::stderr(), "{text}").map_err(Failure::runtime)?;
    }
    if let Some(user) = first_user.filter(|u| u.generated && args.print_first_run_password) {
        line(format!("ARGOS_FIRST_RUN {}", json!({ "username": user.username, "password": user.password.reveal() })))?;
    }
    let ready = json!({
        "version": VERSION,
        "pid": std::process::id(),
        "http": addresses.http.map(|a| a.to_string()),
        "https": addresses.https.map(|a| a.to_string()),
        "edge_http": addresses.edge_http.map(|a| a.to_string()),
        "edge_https": addresses.edge_https.map(|a| a.to_string()),
        "nut": platform.listeners.get("nut").map(|a| a.to_string()),
        "compat": addresses.compat.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "data_dir": dir.path.display().to_string(),
    });
    line(format!("ARGOS_READY {ready}"))?;
    platform.health.report("web", ComponentStatus::Healthy, None, None);
    tracing::info!(http = ?addresses.http, https = ?addresses.https, "ready");
    Ok(())
}

/// The signals this process obeys. Installed before the ready line, so that a signal right after it finds its handler.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn install() -> Result<Self, Failure> {
        let of = |kind| signal(kind).map_err(Failure::runtime);
        Ok(Self { term: of(SignalKind::terminate())?, int: of(SignalKind::interrupt())?, hup: of(SignalKind::hangup())? })
    }
}

/// SIGTERM and SIGINT end the process, SIGHUP reads file, certificate and log level again.
async fn wait_for_stop(platform: &Platform, tls: &Tls, replicas: &Replicas, mut signals: Signals) -> End {
    loop {
        tokio::select! {
            _ = signals.term.recv() => return End::Signal,
            _ = signals.int.recv() => return End::Signal,
            () = platform.backups.restart_wanted() => return End::Restart,
            () = replicas.deposed() => return End::Restart,
            _ = signals.hup.recv() => match platform.settings.reload_file() {
                Ok(boot) => {
                    logging::set_level(&boot);
                    tls.reload();
                    tracing::info!("configuration read again");
                }
                Err(error) => tracing::error!(%error, "the configuration was not read again"),
            },
        }
    }
}

async fn stop(platform: &Platform) {
    tracing::info!("stopping");
    platform.tasks.shutdown().trigger();
    if !platform.tasks.join(STOP_LIMIT).await {
        tracing::warn!("some work did not end in time");
    }
    if let Err(error) = platform.metrics.flush().await {
        tracing::error!(%error, "the last points could not be written");
    }
    platform.logs.flush().await;
    platform.store.close().await;
}
