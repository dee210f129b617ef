//! The closed error type of every action. Its public message is apart from its internal cause, and the
//! HTTP rendering happens in one place (`argos-web`).

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

pub type Result<T, E = AppError> = std::result::Result<T, E>;

/// What went wrong, in the sense a caller can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 400: the request cannot be understood, or a documented bad-field answer.
    BadRequest,
    /// 401
    Unauthenticated,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 409
    Conflict,
    /// 410: it was there and its time is over.
    Gone,
    /// 413
    TooLarge,
    /// 422 with a list of field errors.
    Invalid,
    /// 429
    RateLimited,
    /// 500; the message is never shown.
    Internal,
    /// 502
    Upstream,
    /// 503
    Unavailable,
    /// 504
    UpstreamTimeout,
}

impl ErrorKind {
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::TooLarge => 413,
            Self::Invalid => 422,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Upstream => 502,
            Self::Unavailable => 503,
            Self::UpstreamTimeout => 504,
        }
    }
    const fn default_code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::Gone => "gone",
            Self::TooLarge => "body_too_large",
            Self::Invalid => "validation_failed",
            Self::RateLimited => "rate_limited",
            Self::Internal => "internal",
            Self::Upstream => "upstream_failed",
            Self::Unavailable => "unavailable",
            Self::UpstreamTimeout => "upstream_timeout",
        }
    }
}

/// One step of the path to a field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Place {
    /// Of an item in a list, from 0.
    Index(u64),
    Name(String),
}

/// The steps of a path as clients read them. The first two are where it is (`body`) and a member; after them, what reads
/// as a number is the place in a list. A member of a free object whose name is a number reads like one too.
pub fn places(loc: &[String]) -> Vec<Place> {
    let place = |(depth, step): (usize, &String)| match step.parse() {
        // `+1` and `01` are names.
        Ok(index) if depth >= 2 && u64::to_string(&index) == *step => Place::Index(index),
        _ => Place::Name(step.clone()),
    };
    loc.iter().enumerate().map(place).collect()
}

fn as_places<S: serde::Serializer>(loc: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(places(loc))
}

/// One fault of one input field. `loc` is the path, e.g. `["body","interval"]` or `["body","steps",2,"action"]`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    #[serde(serialize_with = "as_places")]
    pub loc: Vec<String>,
    pub msg: String,
    #[serde(rename = "type")]
    pub kind: String,
}

impl FieldError {
    pub fn new(field: &str, msg: impl Into<String>) -> Self {
        Self { loc: vec!["body".to_owned(), field.to_owned()], msg: msg.into(), kind: "value_error".to_owned() }
    }
}

struct Inner {
    kind: ErrorKind,
    code: Cow<'static, str>,
    message: String,
    fields: Vec<FieldError>,
    extra: serde_json::Map<String, serde_json::Value>,
    retry_after_s: Option<u64>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// An error with a documented public text, a stable code and an internal cause that is only logged.
pub struct AppError(Box<Inner>);

impl AppError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            code: Cow::Borrowed(kind.default_code()),
            message: message.into(),
            fields: Vec::new(),
            extra: serde_json::Map::new(),
            retry_after_s: None,
            source: None,
        }))
    }
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, message)
    }
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthenticated, message)
    }
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }
    pub fn rate_limited(message: impl Into<String>, retry_after_s: u64) -> Self {
        Self::new(ErrorKind::RateLimited, message).retry_after(retry_after_s)
    }
    /// Says after how many seconds it is worth another try, in the `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }
    /// 422 with every faulty field at once.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let first = fields.first().map_or("invalid input", |f| f.msg.as_str());
        let mut e = Self::new(ErrorKind::Invalid, format!("Validation failed: {first}"));
        e.0.fields = fields;
        e
    }
    /// 500 with a cause for the log.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut e = Self::new(ErrorKind::Internal, "Internal server error");
        e.0.source = Some(cause.into());
        e
    }
    #[must_use]
    pub fn code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.code = code.into();
        self
    }
    /// Adds a documented extra member beside `error` and `detail`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.0.extra.insert(key.to_owned(), value.into());
        self
    }
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(cause.into());
        self
    }
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    pub fn code_str(&self) -> &str {
        &self.0.code
    }
    pub fn message(&self) -> &str {
        &self.0.message
    }
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }
    pub fn extra(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.0.extra
    }
    pub fn retry_after_s(&self) -> Option<u64> {
        self.0.retry_after_s
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.0.kind, self.0.code, self.0.message)?;
        let mut cause: Option<&dyn Error> = self.0.source.as_deref().map(|e| e as &dyn Error);
        while let Some(e) = cause {
            write!(f, ": {e}")?;
            cause = e.source();
        }
        Ok(())
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_errors_keep_the_cause_out_of_the_message() {
        let e = AppError::internal("disk on fire");
        assert_eq!(e.message(), "Internal server error");
        assert!(format!("{e:?}").contains("disk on fire"));
    }

    #[test]
    fn step_that_reads_as_a_number_is_a_place_in_a_list_below_the_first_member() {
        let mut fault = FieldError::new("steps", "bad");
        fault.loc.extend(["2", "01", "action"].map(str::to_owned));
        assert_eq!(serde_json::to_value(&fault).unwrap()["loc"], serde_json::json!(["body", "steps", 2, "01", "action"]));
        assert_eq!(serde_json::to_value(FieldError::new("7", "bad")).unwrap()["loc"], serde_json::json!(["body", "7"]));
    }

    #[test]
    fn invalid_names_the_first_field() {
        let e = AppError::invalid(vec![FieldError::new("name", "name is required"), FieldError::new("x", "bad")]);
        assert_eq!(e.message(), "Validation failed: name is required");
        assert_eq!(e.fields().len(), 2);
    }
}
