//! The exchanges with one authority on behalf of one account.

use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::account::{AccountKey, ExternalAccount};
use crate::error::{AcmeError, Problem};
use crate::jws::{Signer, binding, signed};
use crate::order::{Authorization, Challenge, Order};
use crate::renewal::RenewalInfo;
use crate::retry::RetryAfter;
use crate::transport::{HttpRequest, HttpResponse, Transport};

/// How often a request is signed anew because its nonce was stale.
const NONCE_TRIES: usize = 3;
/// Unused nonces kept for later requests.
const NONCES_MAX: usize = 8;

/// Where the authority serves what (RFC 8555 7.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Directory {
    pub new_nonce: String,
    pub new_account: String,
    pub new_order: String,
    #[serde(default)]
    pub revoke_cert: Option<String>,
    #[serde(default)]
    pub renewal_info: Option<String>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    #[serde(default)]
    terms_of_service: Option<String>,
    #[serde(default)]
    external_account_required: bool,
}

impl Directory {
    /// Whether accounts need an `ExternalAccount`.
    #[must_use]
    pub fn needs_external_account(&self) -> bool {
        self.meta.external_account_required
    }

    /// The terms that opening an account agrees to.
    #[must_use]
    pub fn terms_of_service(&self) -> Option<&str> {
        self.meta.terms_of_service.as_deref()
    }

    /// Asks the authority for it.
    ///
    /// # Errors
    /// When it cannot be reached or answers something else.
    pub async fn get(transport: &dyn Transport, url: &str) -> Result<Self, AcmeError> {
        let answer = transport.send(HttpRequest { method: "GET", url: url.to_owned(), body: None }).await.map_err(AcmeError::Transport)?;
        read(&judged(answer)?)
    }
}

/// What opens an account.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// Mail addresses.
    pub contacts: Vec<String>,
    pub external: Option<ExternalAccount>,
}

/// A resource, where it lies, and when to look again.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    pub body: T,
    /// The `Location` of what was made.
    pub location: Option<String>,
    pub retry_after: Option<RetryAfter>,
}

/// One account at one authority.
pub struct Client {
    transport: Arc<dyn Transport>,
    directory: Directory,
    key: AccountKey,
    account: String,
    nonces: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Client {
    /// An account that exists already.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, directory: Directory, key: AccountKey, account: String) -> Self {
        Self { transport, directory, key, account, nonces: Mutex::default() }
    }

    /// Opens an account, or finds the one that belongs to the key. Agrees to the terms of service.
    ///
    /// # Errors
    /// When the authority refuses.
    pub async fn register(
        transport: Arc<dyn Transport>,
        directory: Directory,
        key: AccountKey,
        registration: &Registration,
    ) -> Result<Self, AcmeError> {
        let mut client = Self::new(transport, directory, key, String::new());
        let contacts: Vec<String> = registration.contacts.iter().map(|mail| format!("mailto:{mail}")).collect();
        let mut body = json!({"termsOfServiceAgreed": true});
        if !contacts.is_empty() {
            body["contact"] = json!(contacts);
        }
        let url = client.directory.new_account.clone();
        if let Some(external) = &registration.external {
            body["externalAccountBinding"] = binding(&client.key, external, &url)?;
        }
        let answer = client.post(Signer::Key, &url, Some(&body)).await?;
        client.account =
            answer.header("location").ok_or_else(|| AcmeError::Protocol("an account without an address".to_owned()))?.to_owned();
        Ok(client)
    }

    /// The address of the account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    #[must_use]
    pub fn key(&self) -> &AccountKey {
        &self.key
    }

    /// Orders a certificate. `replaces` names the one it takes the place of (RFC 9773 5).
    ///
    /// # Errors
    /// When the authority refuses, a rate limit above all.
    pub async fn new_order(&self, names: &[String], replaces: Option<&str>) -> Result<Answer<Order>, AcmeError> {
        let identifiers: Vec<Value> = names.iter().map(|name| json!({"type": "dns", "value": name})).collect();
        let mut body = json!({"identifiers": identifiers});
        if let (Some(id), Some(_)) = (replaces, &self.directory.renewal_info) {
            body["replaces"] = json!(id);
        }
        let answer: Answer<Order> = self.call(&self.directory.new_order, Some(&body)).await?;
        if answer.location.is_none() {
            return Err(AcmeError::Protocol("an order without an address".to_owned()));
        }
        Ok(answer)
    }

    /// Looks at an order.
    ///
    /// # Errors
    /// When it is not there or not ours.
    pub async fn order(&self, url: &str) -> Result<Answer<Order>, AcmeError> {
        self.call(url, None).await
    }

    /// Looks at an authorization.
    ///
    /// # Errors
    /// When it is not there or not ours.
    pub async fn authorization(&self, url: &str) -> Result<Answer<Authorization>, AcmeError> {
        self.call(url, None).await
    }

    /// Says that the proof is in place.
    ///
    /// # Errors
    /// When the authority refuses to look.
    pub async fn accept(&self, challenge_url: &str) -> Result<Answer<Challenge>, AcmeError> {
        self.call(challenge_url, Some(&json!({}))).await
    }

    /// Hands in the signing request of a ready order.
    ///
    /// # Errors
    /// When the order is not ready or the request is refused.
    pub async fn finalize(&self, order: &Order, request_der: &[u8]) -> Result<Answer<Order>, AcmeError> {
        self.call(&order.finalize, Some(&json!({"csr": BASE64URL_NOPAD.encode(request_der)}))).await
    }

    /// The chain of a valid order in PEM.
    ///
    /// # Errors
    /// When the authority does not hand it out.
    pub async fn certificate(&self, url: &str) -> Result<String, AcmeError> {
        let answer = self.post(Signer::Account(&self.account), url, None).await?;
        String::from_utf8(answer.body).map_err(|_| AcmeError::Protocol("a certificate that is not PEM".to_owned()))
    }

    /// Revokes a certificate of this account. `reason` is a code of RFC 5280 5.3.1.
    ///
    /// # Errors
    /// When the authority cannot or refuses.
    pub async fn revoke(&self, certificate_der: &[u8], reason: u8) -> Result<(), AcmeError> {
        let url = self.directory.revoke_cert.as_deref().ok_or_else(|| AcmeError::Protocol("no way to revoke".to_owned()))?;
        let body = json!({"certificate": BASE64URL_NOPAD.encode(certificate_der), "reason": reason});
        self.post(Signer::Account(&self.account), url, Some(&body)).await.map(drop)
    }

    /// When the authority wants this certificate renewed; `None` when it does not say such things. Needs no account.
    ///
    /// # Errors
    /// When it cannot be reached or answers nonsense.
    pub async fn renewal_window(
        transport: &dyn Transport,
        directory: &Directory,
        certificate_id: &str,
    ) -> Result<Option<RenewalInfo>, AcmeError> {
        let Some(base) = &directory.renewal_info else {
            return Ok(None);
        };
        let url = format!("{}/{certificate_id}", base.trim_end_matches('/'));
        let answer = transport.send(HttpRequest { method: "GET", url, body: None }).await.map_err(AcmeError::Transport)?;
        let answer = judged(answer)?;
        RenewalInfo::parse(&answer.body, answer.header("retry-after").and_then(RetryAfter::parse)).map(Some)
    }

    async fn call<T: DeserializeOwned>(&self, url: &str, payload: Option<&Value>) -> Result<Answer<T>, AcmeError> {
        let answer = self.post(Signer::Account(&self.account), url, payload).await?;
        let location = answer.header("location").map(str::to_owned);
        let retry_after = answer.header("retry-after").and_then(RetryAfter::parse);
        Ok(Answer { body: read(&answer)?, location, retry_after })
    }

    async fn post(&self, signer: Signer<'_>, url: &str, payload: Option<&Value>) -> Result<HttpResponse, AcmeError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let nonce = self.nonce().await?;
            let body = signed(&self.key, signer, &nonce, url, payload)?;
            let request = HttpRequest { method: "POST", url: url.to_owned(), body: Some(body) };
            let answer = self.transport.send(request).await.map_err(AcmeError::Transport)?;
            self.keep_nonce(&answer);
            match judged(answer) {
                Err(error) if error.code() == Some("badNonce") && tries < NONCE_TRIES => {}
                outcome => return outcome,
            }
        }
    }

    async fn nonce(&self) -> Result<String, AcmeError> {
        let kept = self.nonces.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(nonce) = kept {
            return Ok(nonce);
        }
        let request = HttpRequest { method: "HEAD", url: self.directory.new_nonce.clone(), body: None };
        let answer = judged(self.transport.send(request).await.map_err(AcmeError::Transport)?)?;
        let nonce = answer.header("replay-nonce").ok_or_else(|| AcmeError::Protocol("no nonce".to_owned()))?;
        Ok(nonce.to_owned())
    }

    fn keep_nonce(&self, answer: &HttpResponse) {
        if let Some(nonce) = answer.header("replay-nonce") {
            let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            if nonces.len() < NONCES_MAX {
                nonces.push(nonce.to_owned());
            }
        }
    }
}

fn read<T: DeserializeOwned>(answer: &HttpResponse) -> Result<T, AcmeError> {
    serde_json::from_slice(&answer.body)
        .map_err(|e| AcmeError::Protocol(format!("something else than the protocol says (line {}, column {})", e.line(), e.column())))
}

/// The answer when it is a good one, else what the authority says is wrong.
fn judged(answer: HttpResponse) -> Result<HttpResponse, AcmeError> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let mut problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
    problem.status = Some(answer.status);
    problem.retry_after = answer.header("retry-after").and_then(RetryAfter::parse);
    Err(AcmeError::Problem(Box::new(problem)))
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
