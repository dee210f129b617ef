//! The use cases of identity: load, decide, write, record, commit, kick. The only place that opens a write
//! transaction. Routes, the command line and the first start call the same functions.

mod account;
mod api_keys;
mod break_glass;
mod consequences;
mod device;
mod directory;
mod documents;
mod external;
mod first_run;
mod letters;
mod limits;
mod login;
mod members;
mod model_choices;
mod organization_access;
mod organizations;
mod passkeys;
mod passwords;
mod people;
mod personal;
mod portable;
mod portable_projects;
mod project_settings;
mod projects;
mod second_factor;
mod sessions;
mod ssh_keys;
mod tokens;
mod totp_login;
mod users;
mod whom;

use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, Role};
use argos_web::OpCx;

pub use api_keys::NewApiKey;
pub use consequences::KeptAccount;
pub use first_run::FirstUser;
pub use model_choices::{ModelBudget, ModelChoices, ModelSpend};
pub use organization_access::{OrganizationAccess, ProjectAccess};
pub use people::{PeoplePlan, Person};
pub use users::{NewAccount, UserChange};

pub(crate) use device::{DeviceCode, Pending, oauth};
pub(crate) use documents::Document;
pub(crate) use external::{Intake, same_issuer};
pub(crate) use letters::invite_path;
pub(crate) use login::{How, LoginOutcome, LoginRequest, SignedIn};
pub(crate) use members::{Invite, Registration};
pub(crate) use organization_access::project_not_found;
pub(crate) use organizations::one_fault;
pub(crate) use passkeys::{Asked, Assertion, NewPasskey, Purpose};
pub use project_settings::ProjectValues;
pub(crate) use project_settings::SettingsView;
pub(crate) use sessions::WsGrant;
pub(crate) use tokens::TokenPair;
pub(crate) use whom::Whom;

use crate::model::user::User;

/// What the caller of a use case may do, beyond the permission its route demands.
#[derive(Clone, Debug)]
pub struct Authority {
    pub actor: Actor,
    /// Nobody above this role may be touched or made.
    pub role: Role,
    pub user_id: Option<i64>,
    pub session_id: Option<i64>,
    /// Proved its identity within the last ten minutes.
    pub stepped_up: bool,
}

impl Authority {
    /// The authority of a request.
    pub fn of(cx: &OpCx) -> Self {
        Self {
            actor: cx.actor(),
            role: cx.caller.role.unwrap_or(Role::Viewer),
            user_id: cx.caller.user_id,
            session_id: cx.caller.session_id,
            stepped_up: cx.require_step_up().is_ok(),
        }
    }

    /// The command line on the machine itself: everything.
    pub fn command_line() -> Self {
        Self { actor: Actor::cli(), role: Role::Owner, user_id: None, session_id: None, stepped_up: true }
    }

    /// Changing or making an owner takes an owner who proved itself just now.
    fn over_owners(&self) -> Result<()> {
        if self.role != Role::Owner {
            return Err(AppError::forbidden("Only an owner may change an owner").code("role_too_low"));
        }
        self.proved()
    }

    /// 403 unless the caller proved itself just now.
    fn proved(&self) -> Result<()> {
        if self.stepped_up { Ok(()) } else { Err(AppError::forbidden("Please confirm your identity again").code("step_up_required")) }
    }
}

/// An event of the platform about one user.
fn user_event(kind: &str, message: String, user: &User, actor: &Actor) -> NewEvent {
    NewEvent::new(Source::Platform, kind, message).subject("user", user.uid, user.username.as_str()).actor(actor)
}

fn invalid_credentials() -> AppError {
    AppError::unauthenticated("invalid credentials").code("invalid_credentials")
}
