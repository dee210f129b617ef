//! `argos serve`: start in the documented order, announce the bound addresses, run until a signal, stop in order.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argos_identity::SignOn;
use argos_kernel::{ErrorKind, Timestamp};
use argos_platform::{ComponentStatus, Domain, First, Platform};
use argos_settings::boot::{Boot, ListenAddr};
use argos_tls::self_signed;
use argos_ui_assets::UiAssets;
use argos_web::{ServeOptions, ServerTls, Web};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::ServeArgs;
use crate::data_dir::DataDir;
use crate::exit::{Exit, Failure};
use crate::replicas::Replicas;
use crate::routes::docs::Docs;
use crate::routes::health::{Ready, Service, VERSION};
use crate::routes::tls::{Tls, TlsPlace};
use crate::{boot, glue, logging, maintenance, observed, offered, rekey, routes};

/// Everything must have ended this long after the signal.
const STOP_LIMIT: Duration = Duration::from_secs(12);
/// Life of the certificate made for a first start, in days.
const SELF_SIGNED_DAYS: i64 = 825;

/// A listener that is bound but does not serve yet.
struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<ServerTls>,
}

pub(crate) async fn run(args: &ServeArgs, domains: Vec<Domain>) -> Result<(), Failure> {
    let boot = boot::configuration(args)?;
    let logs = logging::start(&boot);
    let dir = DataDir::hold(&boot.data_dir())?;
    let migrations = boot::migrations(&domains);
    boot::apply_restore(&boot, &migrations).await?;
    let store = boot::open_store(&boot).await?;
    let now = argos_kernel::Clock::now(&argos_kernel::SystemClock);
    let fresh = store.migrate(&migrations, now).await?;
    if !fresh.is_empty() {
        tracing::info!(steps = fresh.len(), "the store was brought to the newest schema");
    }
    let platform = boot::platform(&boot, store, migrations, logs).await?;
    offered::register(&platform);
    let first_user = platform.identity.ensure_first_user().await?;

    let http = bind(&boot, "http.listen").await?;
    let https = bind_tls(&boot, &dir, now).await?;
    let compat = bind_compat(&boot).await?;
    let tls = https.as_ref().map(|(bound, place)| Tls::new(platform.clone(), &boot, bound.tls.clone(), place.clone()));
    let tls = tls.unwrap_or_else(|| Tls::new(platform.clone(), &boot, None, TlsPlace::default()));
    let ready = Ready::default();
    let (web, first, on_ready) = assemble(&boot, &platform, domains, &ready, tls.clone())?;
    for work in first {
        work().await.map_err(|e| match e.kind() {
            ErrorKind::Conflict => Failure::new(Exit::InUse, e.message()),
            _ => Failure::from(e),
        })?;
    }
    let addresses = Addresses {
        http: http.as_ref().map(|b| b.address),
        https: https.as_ref().map(|(b, _)| b.address),
        edge_http: platform.listeners.get("edge_http"),
        edge_https: platform.listeners.get("edge_https"),
        compat: compat.iter().map(|(b, _)| b.address).collect(),
    };

    let listeners = [http, https.map(|(b, _)| b)].into_iter().flatten().map(|b| (b, None));
    for (bound, only) in listeners.chain(compat) {
        let (web, stop) = (Arc::clone(&web), platform.tasks.shutdown().clone());
        let options = ServeOptions { tls: bound.tls, only, ..ServeOptions::default() };
        platform.tasks.once("http-listener", argos_web::serve(bound.listener, web, options, stop));
    }
    start_platform(&platform, &web);
    let replicas = Replicas::join(&platform).await;
    lead_when_it_is_time(&platform, &replicas, on_ready);
    let signals = Signals::install()?;
    ready.set(true);
    announce(args, &platform, &addresses, &dir, first_user.as_ref())?;
    let ended = wait_for_stop(&platform, &tls, &replicas, signals).await;
    ready.set(false);
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

struct Addresses {
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    edge_http: Option<SocketAddr>,
    edge_https: Option<SocketAddr>,
    /// The listeners of the published ports of other products.
    compat: Vec<SocketAddr>,
}

/// The only paths of a listener and the routes they stand for.
type Only = Option<&'static [(&'static str, &'static str)]>;

const HEALTH_PATHS: &[(&str, &str)] = &[("/health", "/health/scheduler")];
const METRICS_PATHS: &[(&str, &str)] = &[("/metrics", "/metrics"), ("/ups_metrics", "/ups_metrics")];

/// Listeners under which existing clients and dashboards find what they know: everything, health, metrics. A bare port
/// listens where the server does.
async fn bind_compat(boot: &Boot) -> Result<Vec<(Bound, Only)>, Failure> {
    let mut out = Vec::new();
    out.extend(bind(boot, "compat.api_listen").await?.map(|bound| (bound, None)));
    for (key, only) in [("compat.health_port", HEALTH_PATHS), ("compat.metrics_port", METRICS_PATHS)] {
        let Some(port) = boot.int(key).and_then(|p| u16::try_from(p).ok()) else { continue };
        let host = boot.listener("http.listen").map_or_else(|| "127.0.0.1".to_owned(), |l| l.host);
        let wanted = ListenAddr { host, port };
        let listener = listen(&wanted, key).await?;
        let address = listener.local_addr().map_err(Failure::runtime)?;
        out.push((Bound { listener, address, tls: None }, Some(only)));
    }
    Ok(out)
}

async fn bind(boot: &Boot, key: &str) -> Result<Option<Bound>, Failure> {
    let Some(wanted) = boot.listener(key) else { return Ok(None) };
    let listener = listen(&wanted, key).await?;
    let address = listener.local_addr().map_err(Failure::runtime)?;
    Ok(Some(Bound { listener, address, tls: None }))
}

async fn listen(wanted: &ListenAddr, key: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind((wanted.bind_host(), wanted.port)).await.map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => Failure::new(Exit::InUse, format!("{key} {wanted}: the port is taken")),
        std::io::ErrorKind::PermissionDenied => Failure::configuration(format!("{key} {wanted}: this port needs more rights")),
        _ => Failure::configuration(format!("{key} {wanted}: {e}")),
    })
}

/// The TLS listener with the given certificate, else the uploaded one, else one of our own making.
async fn bind_tls(boot: &Boot, dir: &DataDir, now: Timestamp) -> Result<Option<(Bound, TlsPlace)>, Failure> {
    let Some(mut bound) = bind(boot, "https.listen").await? else { return Ok(None) };
    let given = boot.path("https.cert").filter(|_| boot.source("https.cert").is_some());
    let uploaded = TlsPlace::uploaded(&dir.path);
    let place = match given {
        Some(cert) => TlsPlace { cert, key: boot.path("https.key").unwrap_or_default(), own: false },
        None if uploaded.cert.exists() => uploaded,
        None => TlsPlace { cert: dir.path.join("tls/self-signed.crt"), key: dir.path.join("tls/self-signed.key"), own: true },
    };
    if place.own && !place.cert.exists() {
        make_certificate(dir, now)?;
    }
    let read = |path: &std::path::Path| std::fs::read(path).map_err(|e| Failure::configuration(format!("{}: {e}", path.display())));
    let tls =
        ServerTls::from_pem(&read(&place.cert)?, &read(&place.key)?).map_err(|e| Failure::configuration(format!("https.cert: {e}")))?;
    tracing::info!(address = %bound.address, fingerprint = tls.certificate().fingerprint_colons(), own = place.own, "TLS certificate");
    bound.tls = Some(tls);
    Ok(Some((bound, place)))
}

fn make_certificate(dir: &DataDir, now: Timestamp) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_lowercase();
    let names: Vec<String> =
        [host, "localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()].into_iter().filter(|n| !n.is_empty()).collect();
    let (cert, key) = self_signed(&names, now.secs() - 86_400, SELF_SIGNED_DAYS).map_err(Failure::runtime)?;
    let place = dir.path.join("tls");
    std::fs::create_dir_all(&place).map_err(Failure::runtime)?;
    let write = |name: &str, text: &str| {
        let file = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(place.join(name));
        file.and_then(|mut f| f.write_all(text.as_bytes())).map_err(Failure::runtime)
    };
    write("self-signed.key", &key)?;
    write("self-signed.crt", &cert)
}

type OnReady = Vec<Box<dyn FnOnce() + Send>>;
/// Everything mounted, and what runs before and after the process is ready.
type Assembled = (Arc<Web>, Vec<First>, OnReady);

/// Mounts every route of the platform, the domains and the process.
fn assemble(boot: &Boot, platform: &Platform, domains: Vec<Domain>, ready: &Ready, tls: Tls) -> Result<Assembled, Failure> {
    let document = Arc::new(OnceLock::new());
    let service = Service { platform: platform.clone(), ready: ready.clone(), tls: tls.clone() };
    let p = platform;
    let mut builder = Web::builder()
        .config(glue::web_config(boot, &p.settings)?)
        .authenticator(Arc::new(p.identity.clone()))
        .replays(Arc::new(p.identity.clone()))
        .fallback(UiAssets)
        .mount(routes::health::routes(service))
        .mount(routes::docs::routes(Docs { document: Arc::clone(&document), settings: p.settings.clone() }))
        .mount(routes::setup::routes(p.clone()))
        .mount(routes::tls::routes(tls))
        .mount(routes::vault::routes(p.clone()))
        .mount(argos_settings::routes(&p.settings))
        .mount(argos_events::routes(p.events.clone(), Arc::new(p.audit.clone())))
        .mount(argos_audit::routes(p.audit.clone()))
        .mount(argos_jobs::routes(p.jobs.clone(), p.audit.clone()))
        .mount(argos_jobs::schedule_routes(p.schedules.clone(), p.audit.clone()))
        .mount(p.identity.routes())
        .mount(SignOn::new(p.identity.clone(), p.settings.clone(), p.net.clone()).routes())
        .mount(argos_approvals::routes(p.approvals.clone(), Arc::new(glue::Users(p.identity.clone()))))
        .mount(argos_metrics::routes(p.metrics.clone()))
        .mount(argos_logs::routes(p.logs.clone(), p.audit.clone(), glue::log_retention(&p.settings)))
        .mount(argos_inventory::routes(p.inventory.clone()))
        .mount(argos_alerts::routes(p.alerts.clone()))
        .mount(argos_notify::routes(p.notify.clone()))
        .mount(argos_webhooks::routes(p.webhooks.clone()))
        .mount(argos_llm::routes(p.llm.clone()))
        .mount(argos_backup::routes(p.backups.clone(), p.tasks.clone()))
        .mount(argos_backup::portable_routes(p.portable.clone()));
    rekey::register(p, rekey::columns(&domains));
    let (mut first, mut on_ready) = (Vec::new(), Vec::new());
    for domain in domains {
        let started = domain.build(platform);
        builder = builder.mount(started.routes);
        first.extend(started.before_ready);
        on_ready.extend(started.on_ready);
    }
    let text = argos_web::openapi_document(builder.routes(), VERSION).to_string();
    document.get_or_init(|| Bytes::from(text));
    let web = builder.build(Arc::clone(&p.clock), Arc::clone(&p.rng), p.tasks.clone()).map_err(Failure::runtime)?;
    Ok((Arc::new(web), first, on_ready))
}

/// The OpenAPI document over a throw-away store.
pub(crate) async fn openapi(domains: Vec<Domain>) -> Result<Value, Failure> {
    let dir = std::env::temp_dir().join(format!("argos-openapi-{}", std::process::id()));
    let args = ServeArgs { data_dir: Some(dir.clone()), listen: Some("127.0.0.1:0".to_owned()), ..ServeArgs::default() };
    let boot = boot::configuration(&args)?;
    let held = DataDir::hold(&dir)?;
    let store = boot::open_store(&boot).await?;
    let migrations = boot::migrations(&domains);
    store.migrate(&migrations, Timestamp::from_secs(0)).await?;
    let platform = boot::platform(&boot, store, migrations, argos_logs::LogQueue::new(Arc::new(argos_kernel::SystemClock))).await?;
    let (web, ..) = assemble(&boot, &platform, domains, &Ready::default(), Tls::new(platform.clone(), &boot, None, TlsPlace::default()))?;
    let document = argos_web::openapi_document(web.routes(), VERSION);
    platform.store.close().await;
    drop(held);
    std::fs::remove_dir_all(&dir).map_err(Failure::runtime)?;
    Ok(document)
}

/// Starts what one process of all runs: at once when it leads, else when it comes to lead.
fn lead_when_it_is_time(platform: &Platform, replicas: &Replicas, on_ready: OnReady) {
    let (p, joined) = (platform.clone(), replicas.clone());
    let start = move |p: &Platform| {
        let tasks = &p.tasks;
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
    platform.jobs.start(tasks);
    maintenance::start_probe(platform);
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
                    Ok(policy) => platform.net.set_policy(policy),
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
