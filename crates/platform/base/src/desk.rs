//! The lists of the interface that every part has a share in: what waits for a person, which credentials are kept, what
//! happens by the clock, and what a change of its things would take along. A part hands over a [`DeskPart`]; the routes join what all of them say, and one that fails is
//! named instead of taking the others along.
//!
//! Nothing is stored here. A part tells a caller only what that caller may see where it is kept, and never a secret.

use std::sync::{Arc, PoisonError, RwLock};

use argos_kernel::{AppError, Result, Severity, Timestamp};
use argos_web::{BoxFuture, Consequence, Judged, Req};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What somebody says of what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    Approve,
    Deny,
    /// Half an hour later again.
    Defer,
    /// It was seen.
    Read,
}

/// A word with its reason.
#[derive(Clone, Debug)]
pub struct Said {
    pub word: Word,
    pub comment: Option<String>,
}

/// Something that waits for a word, or to be read.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Within its part.
    pub id: String,
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    pub detail: Option<String>,
    pub at: Timestamp,
    pub by: Option<String>,
    pub expires_at: Option<Timestamp>,
    /// low, medium or high; `None` = nobody judged it.
    pub risk: Option<String>,
    /// Where all of it is shown.
    pub page: String,
    /// What the caller may say.
    pub words: Vec<Word>,
}

/// What waits in one part.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// Newest first.
    pub items: Vec<Waiting>,
    /// With those that were not asked for.
    pub total: i64,
}

/// How a credential gets a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Renewal {
    /// A new value is made here, the old one serves for a while.
    Rotate,
    /// Somebody enters a new one.
    Replace,
    /// It renews itself.
    Automatic,
    /// By a command on the server.
    Command,
}

/// Something secret that is kept, without the secret.
#[derive(Clone, Debug)]
pub struct Credential {
    pub kind: &'static str,
    pub name: String,
    /// What works with it.
    pub used_by: Vec<String>,
    pub created_at: Option<Timestamp>,
    /// When its value was set last.
    pub changed_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub renewal: Renewal,
    /// Where it is changed.
    pub page: String,
}

impl Credential {
    pub fn new(kind: &'static str, name: impl Into<String>, renewal: Renewal, page: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            used_by: Vec::new(),
            created_at: None,
            changed_at: None,
            expires_at: None,
            last_used_at: None,
            renewal,
            page: page.into(),
        }
    }
}

/// Something that will happen at a time.
#[derive(Clone, Debug)]
pub struct Due {
    pub kind: &'static str,
    pub name: String,
    pub at: Timestamp,
    /// Its end, where it lasts.
    pub until: Option<Timestamp>,
    /// How it comes again, in words; `None` = it happens once.
    pub repeats: Option<String>,
    /// Where it is changed.
    pub page: String,
}

/// What one part has to say. Each list is empty unless the part has one.
pub trait DeskPart: Send + Sync {
    /// Its word in references, filters and counts.
    fn kind(&self) -> &'static str;
    /// What waits for the caller, the newest `most`.
    fn waiting<'a>(&'a self, _req: &'a Req, _most: i64) -> BoxFuture<'a, Result<Queue>> {
        Box::pin(async { Ok(Queue::default()) })
    }
    /// Decides; the word for what it is now. 404 for what the caller may not see, 409 or 400 for who comes late.
    fn decide<'a>(&'a self, _req: &'a Req, _id: &'a str, _said: &'a Said) -> BoxFuture<'a, Result<String>> {
        Box::pin(async { Err(absent()) })
    }
    fn credentials<'a>(&'a self, _req: &'a Req) -> BoxFuture<'a, Result<Vec<Credential>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// What a change of this part's things takes along; nothing of what the caller may not see. It changes nothing.
    fn foresees<'a>(&'a self, _req: &'a Req, _change: &'a Judged) -> BoxFuture<'a, Result<Vec<Consequence>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// What happens from now until then.
    fn due<'a>(&'a self, _req: &'a Req, _until: Timestamp) -> BoxFuture<'a, Result<Vec<Due>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// 404 of what does not wait.
pub fn absent() -> AppError {
    AppError::not_found("Nothing of this name waits")
}

/// What all parts said together.
#[derive(Debug)]
pub struct Joined<T> {
    /// Each with the word of its part.
    pub items: Vec<(&'static str, T)>,
    /// How many there are, by part; without those that could not answer.
    pub totals: Vec<(&'static str, i64)>,
    /// Parts that could not answer.
    pub unavailable: Vec<&'static str>,
}

impl<T> Default for Joined<T> {
    fn default() -> Self {
        Self { items: Vec::new(), totals: Vec::new(), unavailable: Vec::new() }
    }
}

impl<T> Joined<T> {
    fn add(&mut self, kind: &'static str, said: Result<(Vec<T>, i64)>) {
        match said {
            Ok((items, total)) => {
                self.items.extend(items.into_iter().map(|item| (kind, item)));
                self.totals.push((kind, total));
            }
            Err(error) => {
                tracing::warn!(?error, part = kind, "a part could not say what it has");
                self.unavailable.push(kind);
            }
        }
    }
}

fn counted<T>(items: Vec<T>) -> (Vec<T>, i64) {
    let n = i64::try_from(items.len()).unwrap_or(i64::MAX);
    (items, n)
}

/// The parts. Clones share them.
#[derive(Clone, Default)]
pub struct Desk(Arc<RwLock<Vec<Arc<dyn DeskPart>>>>);

impl Desk {
    pub fn add(&self, part: impl DeskPart + 'static) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(part));
    }

    fn parts(&self) -> Vec<Arc<dyn DeskPart>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The words of all parts.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.parts().iter().map(|p| p.kind()).collect()
    }

    /// What waits for the caller in the parts that `wanted` names, newest first.
    pub async fn waiting(&self, req: &Req, wanted: impl Fn(&str) -> bool, most: i64) -> Joined<Waiting> {
        let mut joined = Joined::default();
        for part in self.parts().iter().filter(|p| wanted(p.kind())) {
            joined.add(part.kind(), part.waiting(req, most).await.map(|q| (q.items, q.total)));
        }
        joined.items.sort_by(|(ka, a), (kb, b)| (b.at, kb, &b.id).cmp(&(a.at, ka, &a.id)));
        joined
    }

    /// Decides about `<kind>:<id>`.
    pub async fn decide(&self, req: &Req, reference: &str, said: &Said) -> Result<String> {
        let (kind, id) = reference.split_once(':').ok_or_else(absent)?;
        let part = self.parts().into_iter().find(|p| p.kind() == kind).ok_or_else(absent)?;
        part.decide(req, id, said).await
    }

    /// Credentials by name.
    pub async fn credentials(&self, req: &Req) -> Joined<Credential> {
        let mut joined = Joined::default();
        for part in self.parts() {
            joined.add(part.kind(), part.credentials(req).await.map(counted));
        }
        joined.items.sort_by(|(_, a), (_, b)| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        joined
    }

    /// What a change takes along, by whichever part knows it.
    pub async fn foresee(&self, req: &Req, change: &Judged) -> Joined<Consequence> {
        let mut joined = Joined::default();
        for part in self.parts() {
            joined.add(part.kind(), part.foresees(req, change).await.map(counted));
        }
        joined
    }

    /// What happens until then, in the order of time.
    pub async fn due(&self, req: &Req, until: Timestamp) -> Joined<Due> {
        let mut joined = Joined::default();
        for part in self.parts() {
            joined.add(part.kind(), part.due(req, until).await.map(counted));
        }
        joined.items.sort_by(|(_, a), (_, b)| (a.at, a.kind, &a.name).cmp(&(b.at, b.kind, &b.name)));
        joined
    }
}
