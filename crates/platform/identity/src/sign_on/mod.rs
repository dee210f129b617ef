//! Sign-in through other providers: the only part of identity that leaves the process. It asks providers through the
//! guarded client, believes nothing that is not signed or fetched by itself, and hands a profile to the actions.

mod config;
mod discovery;
mod issuers;
mod ldap;
mod oidc;
mod social;
mod tool_refresh;
pub(crate) mod tools;

use std::sync::Arc;

use argos_net::Net;
use argos_settings::Settings;
use argos_web::Routes;

pub(crate) use config::{OidcChange, OidcConfig};
pub(crate) use discovery::Metadata;
pub(crate) use ldap::Step;
pub(crate) use oidc::{Failed, unreachable};
pub(crate) use social::{Back, Probed, provider_name};

use crate::service::Identity;
use discovery::Providers;

/// Sign-in through providers. Clones share everything.
#[derive(Clone)]
pub struct SignOn(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) identity: Identity,
    pub(crate) settings: Settings,
    pub(crate) net: Net,
    pub(crate) providers: Arc<Providers>,
    pub(crate) directory: Arc<ldap::Ldap>,
}

impl SignOn {
    pub fn new(identity: Identity, settings: Settings, net: Net) -> Self {
        let directory = Arc::new(ldap::Ldap { settings: settings.clone(), net: net.clone() });
        identity.set_directory(Arc::clone(&directory) as Arc<dyn crate::service::Directory>);
        let clock = Arc::clone(&identity.0.clock);
        let providers = Arc::new(Providers::new(net.clone(), Arc::clone(&clock)));
        identity.set_foreign_tokens(Arc::new(issuers::Issuers { settings: settings.clone(), providers: Arc::clone(&providers), clock }));
        Self(Arc::new(Parts { identity, settings, net, providers, directory }))
    }

    /// Every route of sign-in through providers.
    pub fn routes(&self) -> Routes {
        crate::routes::sign_on_routes(self)
    }
}
