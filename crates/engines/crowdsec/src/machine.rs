//! The side that decides: an account that reports alerts and takes decisions back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::alert::{Alert, NewAlert};
use crate::bouncer::malformed;
use crate::error::LapiError;
use crate::transport::{HttpRequest, HttpResponse, Transport, encoded};

/// Alerts of one answer; the local API leaves older ones out.
pub const ALERTS_MAX: usize = 5_000;
/// Room for them, with what the firewall says of each request.
const ALERTS_BYTES_MAX: usize = 64 << 20;
const ALERTS_WAIT: Duration = Duration::from_secs(30);
/// Bulk reports take the local API a while.
const REPORT: Duration = Duration::from_secs(300);

/// The token of a login, kept by the owner across calls.
#[derive(Default)]
pub struct Token(Mutex<Option<Kept>>);

struct Kept {
    /// Whose it is: address, account and a mark of the password.
    of: (String, String, u64),
    token: String,
}

impl Token {
    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets it; the next call logs in.
    pub fn forget(&self) {
        *self.kept() = None;
    }
}

/// An account at the local API.
pub struct Machine<'a, T: Transport + ?Sized> {
    transport: &'a T,
    base: &'a str,
    user: &'a str,
    password: &'a str,
    token: &'a Token,
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deleted {
    nb_deleted: String,
}

impl<'a, T: Transport + ?Sized> Machine<'a, T> {
    /// `base` is the address of the local API. A token is used as long as the local API accepts it.
    pub fn new(transport: &'a T, base: &'a str, account: (&'a str, &'a str), token: &'a Token) -> Self {
        Self { transport, base: base.trim_end_matches('/'), user: account.0, password: account.1, token }
    }

    fn owner(&self) -> (String, String, u64) {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        self.password.hash(&mut hasher);
        (self.base.to_owned(), self.user.to_owned(), hasher.finish())
    }

    /// Logs in anew.
    ///
    /// # Errors
    /// `Refused` when the account or its password is wrong, else when the local API is away.
    pub async fn login(&self) -> Result<String, LapiError> {
        let mut request = HttpRequest::new("POST", format!("{}/v1/watchers/login", self.base));
        let body = json!({ "machine_id": self.user, "password": self.password, "scenarios": [] });
        request.body = Some(body.to_string().into());
        let answer = self.transport.send(request).await.map_err(LapiError::Unreachable)?;
        if let Some(error) = LapiError::of_login(&answer) {
            return Err(error);
        }
        let token = serde_json::from_slice::<Login>(&answer.body).map_err(malformed)?.token;
        *self.token.kept() = Some(Kept { of: self.owner(), token: token.clone() });
        Ok(token)
    }

    /// One call; a refused token leads to one new login. Tokens end and the local API forgets its key when it restarts.
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, LapiError> {
        let owner = self.owner();
        let kept = self.token.kept().as_ref().filter(|kept| kept.of == owner).map(|kept| kept.token.clone());
        let is_fresh = kept.is_none();
        let token = match kept {
            Some(token) => token,
            None => self.login().await?,
        };
        let answer = self.send(&request, &token).await?;
        if answer.status != 401 || is_fresh {
            return Ok(answer);
        }
        let token = self.login().await?;
        self.send(&request, &token).await
    }

    async fn send(&self, request: &HttpRequest, token: &str) -> Result<HttpResponse, LapiError> {
        let request = HttpRequest { credential: Some(("authorization", format!("Bearer {token}"))), ..request.clone() };
        self.transport.send(request).await.map_err(LapiError::Unreachable)
    }

    /// Reports an alert with its decisions.
    ///
    /// # Errors
    /// When the local API did not take it.
    pub async fn report(&self, alert: &NewAlert) -> Result<(), LapiError> {
        let mut request = HttpRequest::new("POST", format!("{}/v1/alerts", self.base));
        request.body = Some(alert.document().to_string().into());
        request.timeout = REPORT;
        let answer = self.call(request).await?;
        LapiError::of(&answer).map_or(Ok(()), Err)
    }

    /// Alerts of the last `minutes`, the newest [`ALERTS_MAX`] of them.
    ///
    /// # Errors
    /// When the local API does not answer with a list.
    pub async fn alerts(&self, minutes: u32) -> Result<Vec<Alert>, LapiError> {
        let url = format!("{}/v1/alerts?since={minutes}m&scope=Ip&limit={ALERTS_MAX}", self.base);
        let request = HttpRequest { bytes_max: ALERTS_BYTES_MAX, timeout: ALERTS_WAIT, ..HttpRequest::new("GET", url) };
        let answer = self.call(request).await?;
        if let Some(error) = LapiError::of(&answer) {
            return Err(error);
        }
        let list: Option<Vec<Alert>> = serde_json::from_slice(&answer.body).map_err(malformed)?;
        Ok(list.unwrap_or_default())
    }

    /// Takes one decision back. False = it was gone.
    ///
    /// # Errors
    /// When the local API did not do it.
    pub async fn remove(&self, id: i64) -> Result<bool, LapiError> {
        let answer = self.call(HttpRequest::new("DELETE", format!("{}/v1/decisions/{id}", self.base))).await?;
        match LapiError::of(&answer) {
            Some(LapiError::Status(404, _)) => Ok(false),
            // Versions up to 1.4 answer 500 for a number they do not know.
            Some(LapiError::Status(500, said)) if said.contains("doesn't exist") => Ok(false),
            Some(error) => Err(error),
            None => counted(&answer).map(|n| n > 0),
        }
    }

    /// Takes back all decisions of an origin; how many.
    ///
    /// # Errors
    /// When the local API did not do it.
    pub async fn remove_origin(&self, origin: &str) -> Result<u64, LapiError> {
        let mut request = HttpRequest::new("DELETE", format!("{}/v1/decisions?origin={}", self.base, encoded(origin)));
        request.timeout = REPORT;
        let answer = self.call(request).await?;
        match LapiError::of(&answer) {
            Some(error) => Err(error),
            None => counted(&answer),
        }
    }
}

/// The count stands in a text.
fn counted(answer: &HttpResponse) -> Result<u64, LapiError> {
    let deleted: Deleted = serde_json::from_slice(&answer.body).map_err(malformed)?;
    deleted.nb_deleted.parse().map_err(|_| LapiError::Malformed("nbDeleted is no number".to_owned()))
}
