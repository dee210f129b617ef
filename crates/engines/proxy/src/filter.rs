//! The seam for inspection: an owner's filter sees a request before it is forwarded and may answer in its place.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use crate::request::Facts;

/// A future an owner's hook returns.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Inspects requests. A request that asks for another protocol has no body yet, and is judged without one.
pub trait Filter: Send + Sync + fmt::Debug {
    /// What it wants of a request before it judges it. Asked once, before anything of the body is read.
    fn want(&self, _: &Facts<'_>) -> Want {
        Want::Body(0)
    }

    /// Judges a request and the begin of its body. Takes what it needs out of `facts` before it waits for anything.
    fn inspect(&self, facts: &Facts<'_>, body: &Bytes) -> Inspection;
}

/// What a filter wants of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// So many bytes of its body; 0 = none. A longer body is judged by its begin. Whoever answers before its body ends, as
    /// calls that stream both ways, cannot be waited for.
    Body(usize),
    /// Nothing: this is its verdict, and nobody is asked again.
    Nothing(Verdict),
}

/// What a filter says.
pub enum Inspection {
    /// Known at once; the cheap way for most requests.
    Now(Verdict),
    /// Known later.
    Later(Pending<Verdict>),
}

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(verdict) => f.debug_tuple("Now").field(verdict).finish(),
            Self::Later(_) => f.write_str("Later(..)"),
        }
    }
}

/// Whether a request goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Pass,
    /// This is its answer.
    Refuse(Reply),
}

/// A small answer of the proxy itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Media type of the body.
    pub content_type: HeaderValue,
    /// Body.
    pub body: Bytes,
    /// `Location`, for redirects.
    pub location: Option<HeaderValue>,
}

impl Reply {
    /// Plain text.
    #[must_use]
    pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, content_type: HeaderValue::from_static("text/plain; charset=utf-8"), body: body.into(), location: None }
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(status: StatusCode, location: HeaderValue) -> Self {
        Self { location: Some(location), ..Self::text(status, Bytes::new()) }
    }
}
