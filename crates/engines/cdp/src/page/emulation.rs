//! What may change while a page is open: its size, its connection, its place; and the keys that exist only in the
//! browser. Everything else comes from the options of its context.

use std::time::Duration;

use serde_json::Value;

use super::Page;
use crate::error::CdpError;
use crate::options::{Command, Geolocation, NetworkConditions, Viewport, network_command, viewport_commands};
use crate::protocol::dom::CaptureSnapshot;
use crate::protocol::emulation::{MediaFeature, SetEmulatedMedia, SetGeolocation};
use crate::protocol::page::{BringToFront, Crash};
use crate::protocol::web_authn::{AddAuthenticator, AuthenticatorOptions, Enable, GetCredentials, RemoveAuthenticator, SetUserVerified};
use crate::session::{CALL_TIMEOUT, Session};

/// An authenticator of a page, without a device.
pub struct Authenticator {
    session: Session,
    id: String,
}

impl Authenticator {
    /// The passkeys made on it.
    pub async fn credentials(&self) -> Result<Vec<Value>, CdpError> {
        Ok(self.session.call(&GetCredentials { authenticator_id: self.id.clone() }).await?.credentials)
    }

    /// Whether the person passes the check of face, finger or code.
    pub async fn set_user_verified(&self, verified: bool) -> Result<(), CdpError> {
        let set = SetUserVerified { authenticator_id: self.id.clone(), is_user_verified: verified };
        self.session.call(&set).await.map(drop)
    }

    pub async fn remove(self) -> Result<(), CdpError> {
        self.session.call(&RemoveAuthenticator { authenticator_id: self.id }).await.map(drop)
    }
}

impl Page {
    pub async fn set_viewport(&self, viewport: &Viewport) -> Result<(), CdpError> {
        self.commands(viewport_commands(viewport)).await
    }

    /// The connection of the page, its frames and its workers.
    pub async fn set_network(&self, network: &NetworkConditions) -> Result<(), CdpError> {
        let (method, params) = network_command(network);
        for session in self.inner.sessions() {
            match session.call_raw(method, &params, CALL_TIMEOUT).await {
                // A frame or worker that closed meanwhile, or one that knows no connection.
                Ok(_) | Err(CdpError::TargetClosed { .. } | CdpError::Protocol { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub async fn set_geolocation(&self, place: Option<Geolocation>) -> Result<(), CdpError> {
        let set = SetGeolocation {
            latitude: place.map(|place| place.latitude),
            longitude: place.map(|place| place.longitude),
            accuracy: place.map(|place| place.accuracy_m),
        };
        self.inner.session.call(&set).await.map(drop)
    }

    /// `print` or `screen`, and media features such as `("prefers-contrast", "more")`.
    pub async fn set_media(&self, media: Option<&str>, features: &[(&str, &str)]) -> Result<(), CdpError> {
        let features = features.iter().map(|&(name, value)| MediaFeature { name: name.to_owned(), value: value.to_owned() }).collect();
        self.inner.session.call(&SetEmulatedMedia { features, media: media.map(str::to_owned) }).await.map(drop)
    }

    pub async fn add_authenticator(&self, options: AuthenticatorOptions) -> Result<Authenticator, CdpError> {
        let session = self.inner.session.clone();
        session.call(&Enable {}).await?;
        let id = session.call(&AddAuthenticator { options }).await?.authenticator_id;
        Ok(Authenticator { session, id })
    }

    /// Markup, layout and the named computed styles of every document, in the protocol's packed form.
    pub async fn dom_snapshot(&self, computed_styles: &[&str], limit: Duration) -> Result<Value, CdpError> {
        let computed_styles = computed_styles.iter().map(|&name| name.to_owned()).collect();
        let capture = CaptureSnapshot { computed_styles, include_paint_order: true, include_dom_rects: true };
        self.inner.session.call_within(&capture, limit).await
    }

    pub async fn bring_to_front(&self) -> Result<(), CdpError> {
        self.inner.session.call(&BringToFront {}).await.map(drop)
    }

    /// Crashes its renderer: the way to test what follows.
    pub async fn crash(&self) -> Result<(), CdpError> {
        match self.inner.session.call(&Crash {}).await {
            Ok(_) | Err(CdpError::TargetCrashed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn commands(&self, commands: Vec<Command>) -> Result<(), CdpError> {
        for (method, params) in commands {
            self.inner.session.call_raw(method, &params, CALL_TIMEOUT).await?;
        }
        Ok(())
    }
}
