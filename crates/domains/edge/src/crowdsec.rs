//! The way to CrowdSec: what is set up, the guarded client, the token of the account. It decides nothing.

use std::sync::{Arc, Mutex, PoisonError};

use argos_crowdsec::{AppSec, Bouncer, BoxFuture, HttpRequest, HttpResponse, LapiError, Machine, Token, Transport};
use argos_kernel::{AppError, ErrorKind, Result, Secret};
use argos_net::{Class, Method, Net, Request};
use argos_settings::Settings;
use http::{HeaderName, HeaderValue};
use tokio::sync::{Notify, watch};

use crate::fresh::Fresh;
use crate::gate::Gate;

/// The guarded client of the product.
struct Way(Net);

impl Transport for Way {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        Box::pin(async move {
            let method = match request.method {
                "POST" => Method::POST,
                "DELETE" => Method::DELETE,
                _ => Method::GET,
            };
            let mut sent = Request::new(Class::Integration, method, request.url).timeout(request.timeout).bytes_max(request.bytes_max);
            if let Some((name, value)) = &request.credential {
                sent = sent.header(name, value);
            }
            if request.headers.is_empty() {
                // Its version stands in the name; LAPI notes it beside the key.
                sent = sent.header("user-agent", concat!("argos/", env!("CARGO_PKG_VERSION")));
                if let Some(body) = request.body {
                    sent = sent.body("application/json", body);
                }
            } else {
                let pair =
                    |(name, value): &(String, Vec<u8>)| Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?));
                sent = sent.headers(request.headers.iter().filter_map(pair)).raw_body(request.body.unwrap_or_default());
            }
            let answer = self.0.send(sent).await.map_err(|e| e.to_string())?;
            Ok(HttpResponse { status: answer.status, body: answer.body.to_vec() })
        })
    }
}

/// What is set up.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) is_enabled: bool,
    pub(crate) url: String,
    pub(crate) key: Option<Secret<String>>,
    pub(crate) account: Option<(String, Secret<String>)>,
}

impl Connection {
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let user = settings.opt_text("crowdsec.machine_user")?;
        let password = settings.secret("crowdsec.machine_password_encrypted")?;
        Ok(Self { account: user.zip(password), ..Self::of_bouncer(settings)? })
    }

    /// Without the account, for those who do not need it: a password that cannot be opened is nothing to them.
    pub(crate) fn of_bouncer(settings: &Settings) -> Result<Self> {
        Ok(Self {
            is_enabled: settings.bool("crowdsec.enabled")?,
            url: settings.text("crowdsec.lapi_url")?.trim_end_matches('/').to_owned(),
            key: settings.secret("crowdsec.bouncer_api_key")?,
            account: None,
        })
    }

    /// Whether CrowdSec is set up, also with a key that cannot be opened: what was heard with it lasts, and who is banned
    /// stays banned.
    pub(crate) fn is_set_up(settings: &Settings) -> Result<bool> {
        let has_key = match settings.secret("crowdsec.bouncer_api_key") {
            Ok(key) => key.is_some(),
            Err(error) if error.code_str() == "secret_unreadable" => true,
            Err(error) => return Err(error),
        };
        Ok(has_key && settings.bool("crowdsec.enabled")?)
    }

    /// Whether bans are heard and enforced.
    pub(crate) fn is_wired(&self) -> bool {
        self.is_enabled && self.key.is_some()
    }
}

/// The exchange of one process.
pub(crate) struct CrowdSec {
    way: Way,
    token: Token,
    /// Hearing and changing go one after another, so that an old list never replaces a new decision.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// A wish is read, written for CrowdSec and kept before the next one, so that none gets lost.
    pub(crate) wishes: tokio::sync::Mutex<()>,
    /// Wakes whoever listens to CrowdSec.
    pub(crate) ask: Notify,
    /// Wakes whoever hands bans to the data plane.
    pub(crate) changed: watch::Sender<u64>,
    /// Wakes whoever looks at the firewall.
    pub(crate) look: Arc<Notify>,
    /// How the last requests fared at the firewall, with its listener and a mark of the key: a reload forgets nothing of it.
    gate: Mutex<((String, u64), Arc<Gate>)>,
    /// What a look at a listener of the firewall found with a key, `None` = it answers.
    pub(crate) firewalls: Fresh<(String, u64), Option<String>>,
    /// A ban of a country that begins and one that is cleaned away go one after another.
    pub(crate) countries: tokio::sync::Mutex<()>,
}

impl CrowdSec {
    pub(crate) fn new(net: &Net) -> Arc<Self> {
        Arc::new(Self {
            way: Way(net.clone()),
            token: Token::default(),
            turn: tokio::sync::Mutex::default(),
            wishes: tokio::sync::Mutex::default(),
            ask: Notify::new(),
            changed: watch::channel(0).0,
            look: Arc::default(),
            gate: Mutex::default(),
            firewalls: Fresh::default(),
            countries: tokio::sync::Mutex::default(),
        })
    }

    /// Has the data plane look at the tables.
    pub(crate) fn bans_changed(&self) {
        self.changed.send_modify(|n| *n += 1);
    }

    /// The side that hears decisions; `None` without a key.
    pub(crate) fn bouncer<'a>(&'a self, connection: &'a Connection) -> Option<Bouncer<'a, dyn Transport + 'a>> {
        let key = connection.key.as_ref()?;
        Some(Bouncer::new(&self.way as &dyn Transport, &connection.url, key.reveal()))
    }

    /// The account; 503 when none is set up.
    pub(crate) fn machine<'a>(&'a self, connection: &'a Connection) -> Result<Machine<'a, dyn Transport + 'a>> {
        let (user, password) = connection.account.as_ref().ok_or_else(no_account)?;
        Ok(Machine::new(&self.way as &dyn Transport, &connection.url, (user, password.reveal()), &self.token))
    }

    /// Whether requests ask a listener of the firewall with a key.
    pub(crate) fn gate(&self, mark: &(String, u64)) -> Arc<Gate> {
        let mut kept = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != *mark {
            *kept = (mark.clone(), Arc::default());
        }
        Arc::clone(&kept.1)
    }

    /// The firewall behind a listener.
    pub(crate) fn firewall<'a>(&'a self, url: &'a str, key: &'a Secret<String>) -> AppSec<'a, dyn Transport + 'a> {
        AppSec::new(&self.way as &dyn Transport, url, key.reveal())
    }

    /// Forgets the token of the account.
    pub(crate) fn forget_token(&self) {
        self.token.forget();
    }
}

/// The documented 503.
pub(crate) fn no_account() -> AppError {
    AppError::unavailable("no machine credentials: CrowdSec needs an account that may decide").code("machine_credentials_missing")
}

/// 502 with what CrowdSec said.
pub(crate) fn upstream(error: &LapiError) -> AppError {
    AppError::new(ErrorKind::Upstream, format!("lapi: {error}")).code(code(error))
}

/// A stable word for a failure.
pub(crate) fn code(error: &LapiError) -> &'static str {
    match error {
        LapiError::Unreachable(_) => "crowdsec_unreachable",
        LapiError::Refused => "credentials_refused",
        LapiError::Status(..) | LapiError::Malformed(_) => "lapi_error",
    }
}
