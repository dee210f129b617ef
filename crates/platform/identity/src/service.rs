//! The identity service: one cheap handle that actions, routes, workers and the authenticator share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, OnceLock};

use argos_audit::Audit;
use argos_events::Events;
use argos_kernel::{Actor, AppError, Clock, FieldError, Result, Rng, Role, Secret, Timestamp, Uid, hex};
use argos_settings::boot::Boot;
use argos_store::{Database, Tx};
use argos_vault::Vault;
use argos_web::{BoxFuture, OpCx};
use serde_json::{Map, Value};

use crate::actions::ModelSpend;
use crate::cache::CallerCache;
use crate::hasher::Hasher;
use crate::model::external::{Admission, ExternalProfile};
use crate::model::jwt::Signer;
use crate::model::service_token::{self, ServiceToken};
use crate::model::{api_key, permission::Grants};
use crate::policy::{Policy, PolicySource};
use crate::windows::{BadKeys, MinuteWindows, NotedBans, Places};

/// What the process was started with.
#[derive(Clone, Default)]
pub struct BootOptions {
    /// Where `first-run-password` is written.
    pub data_dir: PathBuf,
    pub initial_admin_user: Option<String>,
    pub initial_admin_password: Option<Secret<String>>,
    /// Signs access tokens; derived from the master key when absent.
    pub jwt_secret: Option<Secret<String>>,
    /// Signs stored sessions instead of a key of the vault: another one ends them all.
    pub session_secret: Option<Secret<String>>,
    /// `ARGOS_API_KEY`: a built-in key for the power routes.
    pub api_key: Option<Secret<String>>,
    /// `ARGOS_SERVICE_TOKENS_FILE`, read and hashed.
    pub service_tokens: Vec<ServiceToken>,
    /// `authorized_keys` of the service account; `None` when it has no home.
    pub authorized_keys: Option<PathBuf>,
}

impl BootOptions {
    /// The bootstrap values of command line, environment and file. The error names what is wrong in the file of service
    /// tokens.
    pub fn of(boot: &Boot) -> Result<Self, String> {
        let service_tokens = match boot.path("service_tokens_file") {
            Some(path) => {
                let text = std::fs::read_to_string(&path).map_err(|e| format!("ARGOS_SERVICE_TOKENS_FILE: {}: {e}", path.display()))?;
                service_token::parse(&text).map_err(|e| format!("ARGOS_SERVICE_TOKENS_FILE: {e}"))?
            }
            None => Vec::new(),
        };
        Ok(Self {
            service_tokens,
            data_dir: boot.data_dir(),
            initial_admin_user: boot.text("initial_admin_user"),
            initial_admin_password: boot.secret("initial_admin_password"),
            jwt_secret: boot.secret("jwt_secret"),
            session_secret: boot.secret("session_secret"),
            api_key: boot.secret("api_key"),
            authorized_keys: std::env::home_dir().map(|home| home.join(".ssh").join("authorized_keys")),
        })
    }
}

/// What identity is built from.
pub struct IdentityDeps {
    /// The state database.
    pub db: Database,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub vault: Vault,
    pub audit: Audit,
    pub events: Events,
    pub policy: PolicySource,
    pub boot: BootOptions,
}

/// Somebody whose password a directory accepted.
pub(crate) struct DirectoryPerson {
    pub(crate) profile: ExternalProfile,
    /// What the person's groups stand for; `None` while no group stands for a role.
    pub(crate) role: Option<Role>,
}

/// Judges passwords of people who have no local account.
pub(crate) trait Directory: Send + Sync {
    fn check<'a>(&'a self, username: &'a str, password: &'a str) -> BoxFuture<'a, Result<Option<DirectoryPerson>>>;
}

/// What somebody else's signed token says, after it was checked.
pub(crate) struct ForeignToken {
    pub(crate) profile: ExternalProfile,
    pub(crate) ends_at: Timestamp,
    pub(crate) admission: Admission,
    /// Of a new account.
    pub(crate) default_role: Role,
}

/// Judges tokens that this server did not sign; `None` = not one of an issuer we know, or a wrong one.
pub(crate) trait ForeignTokens: Send + Sync {
    fn check<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<ForeignToken>>>;
}

/// What became of a letter to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    Sent,
    /// There is no mail server.
    NotConfigured,
    /// In words for whoever asked for it.
    Failed(String),
}

/// Sends letters to people. It stands above this crate, so it comes in as a trait.
pub trait Post: Send + Sync {
    fn post<'a>(&'a self, to: &'a str, subject: &'a str, text: String) -> BoxFuture<'a, Posted>;
}

/// What changes in what somebody wants to hear, from what is there; or everything wrong with it.
pub type WishEdit<'a> = Box<dyn FnOnce(&Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> + Send + 'a>;

/// Keeps what each person wants to hear. It stands above this crate, so it comes in as a trait.
pub trait Wishes: Send + Sync {
    fn of(&self, user_id: i64) -> BoxFuture<'_, Result<Map<String, Value>>>;
    /// Changes members of them while nobody else does; all of them afterwards.
    fn change<'a>(&'a self, actor: &'a Actor, user_id: i64, edit: WishEdit<'a>) -> BoxFuture<'a, Result<Map<String, Value>>>;
}

/// What the tests of a project come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProjectFigures {
    pub tests: i64,
    pub last_run_at: Option<Timestamp>,
}

/// Counts the tests of projects. Whoever keeps them stands above this crate, so it comes in as a trait.
pub trait ProjectTests: Send + Sync {
    /// The figures of these projects, in their order.
    fn figures<'a>(&'a self, projects: &'a [i64]) -> BoxFuture<'a, Result<Vec<ProjectFigures>>>;
    /// Ends what goes on in a project that `tx` is about to remove, and what would begin there.
    fn end<'a>(&'a self, tx: &'a mut Tx, project: i64) -> BoxFuture<'a, Result<()>>;
}

pub(crate) struct Inner {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) vault: Vault,
    pub(crate) audit: Audit,
    pub(crate) events: Events,
    policy: PolicySource,
    pub(crate) boot: BootOptions,
    pub(crate) hasher: Hasher,
    pub(crate) cache: Arc<CallerCache>,
    pub(crate) minutes: MinuteWindows,
    /// Processes that share the attempts per minute.
    pub(crate) processes: AtomicU32,
    pub(crate) places: Places,
    pub(crate) bad_keys: BadKeys,
    /// Wrong codes typed on the approval page, per address.
    pub(crate) device_codes: BadKeys,
    pub(crate) builtin_key: Option<[u8; 32]>,
    /// Set while the file of the first run may still lie in the data directory.
    pub(crate) first_run_file: AtomicBool,
    /// Bans that were put on record, so that a flood of refusals writes one row.
    pub(crate) noted_bans: NotedBans,
    pub(crate) directory: OnceLock<Arc<dyn Directory>>,
    pub(crate) foreign_tokens: OnceLock<Arc<dyn ForeignTokens>>,
    pub(crate) post: OnceLock<Arc<dyn Post>>,
    pub(crate) wishes: OnceLock<Arc<dyn Wishes>>,
    pub(crate) project_tests: OnceLock<Arc<dyn ProjectTests>>,
    pub(crate) model_spend: OnceLock<Arc<dyn ModelSpend>>,
    pub(crate) signer: Signer,
    session_key: ring::hmac::Key,
    csrf_key: ring::hmac::Key,
}

/// Users, sessions, keys and rights. Clones share everything.
#[derive(Clone)]
pub struct Identity(pub(crate) Arc<Inner>);

impl Identity {
    pub fn new(deps: IdentityDeps) -> Self {
        let key = |purpose: &str| ring::hmac::Key::new(ring::hmac::HMAC_SHA256, deps.vault.derive(purpose).reveal());
        let session_key = match &deps.boot.session_secret {
            Some(secret) => ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.reveal().as_bytes()),
            None => key("session"),
        };
        let csrf_key = key("csrf");
        let builtin_key = deps.boot.api_key.as_ref().map(|k| api_key::hash(k.reveal()));
        let signer = match &deps.boot.jwt_secret {
            Some(secret) => Signer::new(secret.reveal().as_bytes()),
            None => Signer::new(deps.vault.derive("jwt").reveal()),
        };
        Self(Arc::new(Inner {
            directory: OnceLock::new(),
            foreign_tokens: OnceLock::new(),
            post: OnceLock::new(),
            wishes: OnceLock::new(),
            project_tests: OnceLock::new(),
            model_spend: OnceLock::new(),
            signer,
            hasher: Hasher::new(Arc::clone(&deps.rng)),
            db: deps.db,
            clock: deps.clock,
            rng: deps.rng,
            vault: deps.vault,
            audit: deps.audit,
            events: deps.events,
            policy: deps.policy,
            boot: deps.boot,
            cache: Arc::default(),
            minutes: MinuteWindows::default(),
            processes: AtomicU32::new(1),
            places: Places::default(),
            bad_keys: BadKeys::default(),
            device_codes: BadKeys::of(5, 60, 900),
            builtin_key,
            first_run_file: AtomicBool::new(true),
            noted_bans: NotedBans::default(),
            session_key,
            csrf_key,
        }))
    }

    /// Forgets every verified caller: the rights of somebody changed outside of this crate's actions.
    pub fn evict_callers(&self) {
        self.0.cache.evict();
    }

    /// Names the directory; the first one stays.
    pub(crate) fn set_directory(&self, directory: Arc<dyn Directory>) {
        if self.0.directory.set(directory).is_err() {
            tracing::error!("the directory was named twice");
        }
    }

    /// Names the judge of foreign tokens; the first one stays.
    pub(crate) fn set_foreign_tokens(&self, judge: Arc<dyn ForeignTokens>) {
        if self.0.foreign_tokens.set(judge).is_err() {
            tracing::error!("the judge of foreign tokens was named twice");
        }
    }

    /// Names who carries letters; the first one stays.
    pub fn set_post(&self, post: Arc<dyn Post>) {
        if self.0.post.set(post).is_err() {
            tracing::error!("the post was named twice");
        }
    }

    /// Names who keeps what people want to hear; the first one stays.
    pub fn set_wishes(&self, wishes: Arc<dyn Wishes>) {
        if self.0.wishes.set(wishes).is_err() {
            tracing::error!("the wishes of people were named twice");
        }
    }

    /// Who keeps what people want to hear.
    pub(crate) fn wishes(&self) -> Result<&dyn Wishes> {
        self.0.wishes.get().map(|w| &**w).ok_or_else(|| AppError::internal("nobody keeps what people want to hear"))
    }

    /// Names who keeps the tests of projects.
    pub fn set_project_tests(&self, tests: Arc<dyn ProjectTests>) {
        if self.0.project_tests.set(tests).is_err() {
            tracing::error!("the tests of projects were named twice");
        }
    }

    /// Names who counts what organizations spend on models.
    pub fn set_model_spend(&self, spend: Arc<dyn ModelSpend>) {
        if self.0.model_spend.set(spend).is_err() {
            tracing::error!("the spending on models was named twice");
        }
    }

    /// The figures of these projects, in their order; nobody keeps tests, so there are none.
    pub(crate) async fn project_figures(&self, projects: &[i64]) -> Result<Vec<ProjectFigures>> {
        match self.0.project_tests.get() {
            Some(tests) => tests.figures(projects).await,
            None => Ok(vec![ProjectFigures::default(); projects.len()]),
        }
    }

    /// Ends the runs, explorations and schedules of a project that `tx` is about to remove.
    pub(crate) async fn end_project_runs(&self, tx: &mut Tx, project: i64) -> Result<()> {
        match self.0.project_tests.get() {
            Some(tests) => tests.end(tx, project).await,
            None => Ok(()),
        }
    }

    pub(crate) fn audit(&self) -> &Audit {
        &self.0.audit
    }
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
    pub(crate) fn policy(&self) -> Policy {
        (self.0.policy)()
    }
    pub(crate) fn mint(&self) -> Uid {
        Uid::mint(&*self.0.clock, &*self.0.rng)
    }
    /// Where browsers reach this server: the setting, else as the request came.
    pub(crate) fn public_base(&self, cx: &OpCx) -> String {
        self.policy().public_url.unwrap_or_else(|| {
            let scheme = if cx.client.https { "https" } else { "http" };
            format!("{scheme}://{}", cx.client.host)
        })
    }
    /// The keyed hash under which a session or one-time token is stored.
    pub(crate) fn token_hash(&self, token: &str) -> [u8; 32] {
        let tag = ring::hmac::sign(&self.0.session_key, token.as_bytes());
        let mut out = [0_u8; 32];
        out.copy_from_slice(tag.as_ref());
        out
    }
    pub(crate) fn token_hash_text(&self, token: &str) -> String {
        hex(&self.token_hash(token))
    }
    /// 32 hexadecimal characters that belong to one session.
    pub(crate) fn csrf_token(&self, session_uid: Uid) -> String {
        let tag = ring::hmac::sign(&self.0.csrf_key, session_uid.to_string().as_bytes());
        hex(&tag.as_ref()[..16])
    }
}

/// The set as the web kit carries it.
pub(crate) fn web_grants(grants: Grants) -> argos_web::Grants {
    argos_web::Grants::new(grants.names())
}
