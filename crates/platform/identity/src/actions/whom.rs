//! Whom a credential stands for, and what limits it.

use argos_kernel::{CredentialKind, Result, Timestamp};
use argos_web::OpCx;

use crate::model::user::User;
use crate::service::Identity;
use crate::store::{api_keys, sessions, users};

/// The holder of a credential.
pub(crate) struct Whom {
    /// `None` for a program.
    pub(crate) user: Option<User>,
    pub(crate) scopes: Vec<String>,
    /// When it signed in; now, for what proves itself with every request.
    pub(crate) since: Timestamp,
    /// Named in the file of service tokens.
    pub(crate) is_service_account: bool,
}

impl Identity {
    pub(crate) async fn whom(&self, cx: &OpCx) -> Result<Whom> {
        let caller = &cx.caller;
        let everything = || vec!["*".to_owned()];
        let user = match caller.user_id {
            Some(id) => users::find(&self.0.db, users::By::Id(id)).await?.map(|(user, _)| user),
            None => None,
        };
        let session = match caller.session_uid {
            Some(uid) => sessions::by_uid(&self.0.db, uid, self.now()).await?,
            None => None,
        };
        let named = caller.username.strip_prefix("svc:").filter(|_| caller.credential == CredentialKind::ApiKey);
        if let Some(token) = named.and_then(|name| self.0.boot.service_tokens.iter().find(|t| t.name == name)) {
            return Ok(Whom { user, scopes: token.scopes.clone(), since: cx.now(), is_service_account: true });
        }
        let scopes = match (caller.credential, caller.api_key_id, &session) {
            (CredentialKind::ApiKey, Some(id), _) => api_keys::find(&self.0.db, api_keys::By::Id(id)).await?.map(|key| key.scopes),
            (CredentialKind::Jwt, _, None) => Some(crate::authenticator::FOREIGN_SCOPES.map(str::to_owned).to_vec()),
            (_, _, Some(session)) => Some(session.scopes.clone().unwrap_or_else(everything)),
            _ => None,
        };
        Ok(Whom {
            user,
            scopes: scopes.unwrap_or_else(|| caller.grants.sorted()),
            since: session.map_or_else(|| cx.now(), |s| s.created_at),
            is_service_account: false,
        })
    }
}
