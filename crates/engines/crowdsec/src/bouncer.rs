//! The side that enforces: it reads decisions with an API key.

use serde::Deserialize;

use crate::decision::Decision;
use crate::error::LapiError;
use crate::transport::{HttpRequest, Transport, encoded};

/// Largest answer with decisions; half a million take about 80 MB.
const BYTES_MAX: usize = 128 << 20;

/// Reads decisions.
pub struct Bouncer<'a, T: Transport + ?Sized> {
    transport: &'a T,
    base: &'a str,
    key: &'a str,
}

/// What changed since the same key asked last.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Decisions that came.
    pub new: Vec<Decision>,
    /// Decisions that ended or were taken back.
    pub deleted: Vec<Decision>,
}

/// As it is sent: null in place of an empty list.
#[derive(Deserialize)]
struct RawChanges {
    #[serde(default)]
    new: Option<Vec<Decision>>,
    #[serde(default)]
    deleted: Option<Vec<Decision>>,
}

impl<'a, T: Transport + ?Sized> Bouncer<'a, T> {
    /// `base` is the address of the local API without a slash at its end.
    pub fn new(transport: &'a T, base: &'a str, key: &'a str) -> Self {
        Self { transport, base: base.trim_end_matches('/'), key }
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>, LapiError> {
        let mut request = HttpRequest::new("GET", format!("{}{path}", self.base));
        request.credential = Some(("x-api-key", self.key.to_owned()));
        request.bytes_max = BYTES_MAX;
        let answer = self.transport.send(request).await.map_err(LapiError::Unreachable)?;
        LapiError::of(&answer).map_or(Ok(answer.body), Err)
    }

    /// Every active decision, several for one value included.
    ///
    /// # Errors
    /// When the local API does not answer with a list.
    pub async fn list(&self) -> Result<Vec<Decision>, LapiError> {
        let body = self.get("/v1/decisions").await?;
        let list: Option<Vec<Decision>> = serde_json::from_slice(&body).map_err(malformed)?;
        Ok(list.unwrap_or_default())
    }

    /// What changed since this key asked last. Of several decisions for one value it tells the longest only, and it stays
    /// silent when that one is taken back while another lasts; so `list` is asked now and then too.
    ///
    /// # Errors
    /// When the local API does not answer with changes.
    pub async fn changes(&self) -> Result<Changes, LapiError> {
        let body = self.get("/v1/decisions/stream").await?;
        let raw: RawChanges = serde_json::from_slice(&body).map_err(malformed)?;
        Ok(Changes { new: raw.new.unwrap_or_default(), deleted: raw.deleted.unwrap_or_default() })
    }

    /// Every active decision that meets one address or all of one range; `scope` is `Ip` or `Range`.
    ///
    /// # Errors
    /// When the local API does not answer with a list.
    pub async fn about(&self, scope: &str, value: &str) -> Result<Vec<Decision>, LapiError> {
        let name = if scope.eq_ignore_ascii_case("range") { "range" } else { "ip" };
        let body = self.get(&format!("/v1/decisions?{name}={}", encoded(value))).await?;
        let list: Option<Vec<Decision>> = serde_json::from_slice(&body).map_err(malformed)?;
        Ok(list.unwrap_or_default())
    }

    /// Whether the key is accepted; asks for a decision about nobody.
    ///
    /// # Errors
    /// When it is not, or the local API is away.
    pub async fn check(&self) -> Result<(), LapiError> {
        let body = self.get("/v1/decisions?ip=192.0.2.255&limit=1").await?;
        serde_json::from_slice::<Option<Vec<Decision>>>(&body).map(drop).map_err(malformed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
pub(crate) fn malformed(error: serde_json::Error) -> LapiError {
    LapiError::Malformed(format!("line {} column {}", error.line(), error.column()))
}
