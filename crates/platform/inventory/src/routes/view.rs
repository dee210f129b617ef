//! How things and links look in JSON.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::link::{Link, LinkType};
use crate::model::status::Status;
use crate::model::thing::{Fact, Thing};

/// A thing in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ThingView {
    #[serde(rename = "ref")]
    reference: String,
    kind: String,
    name: String,
    status: Status,
    /// The domain's own word for the state.
    word: String,
    detail: String,
    /// Its address in the interface; empty when it has no page of its own.
    page: String,
    tags: Vec<String>,
    rev: i64,
    /// RFC 3339.
    status_since: String,
    /// RFC 3339; set once its source no longer names it.
    gone_at: Option<String>,
}

impl From<Thing> for ThingView {
    fn from(t: Thing) -> Self {
        Self {
            reference: t.reference,
            kind: t.kind,
            name: t.name,
            status: t.status,
            word: t.word,
            detail: t.detail,
            page: t.page,
            tags: t.tags,
            rev: t.rev,
            status_since: t.status_since.rfc3339(),
            gone_at: t.gone_at.map(Timestamp::rfc3339),
        }
    }
}

/// A link as one of its ends sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct LinkView {
    pub(super) id: i64,
    pub(super) from: String,
    pub(super) link: LinkType,
    pub(super) to: String,
    /// Why it is believed.
    pub(super) evidence: String,
    pub(super) guess: bool,
    /// The source that reports it, or `person`.
    pub(super) origin: String,
    pub(super) hidden_by: Option<String>,
    /// RFC 3339.
    pub(super) since: String,
    /// The other end; null when it is unknown or out of scope.
    pub(super) other: Option<ThingView>,
}

impl LinkView {
    pub(super) fn of(l: Link, other: Option<ThingView>) -> Self {
        Self {
            id: l.id,
            from: l.from,
            link: l.link,
            to: l.to,
            evidence: l.evidence,
            guess: l.guess,
            origin: l.origin,
            hidden_by: l.hidden_by,
            since: l.created_at.rfc3339(),
            other,
        }
    }
}

/// A thing with everything that is known of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ThingDetail {
    #[serde(flatten)]
    pub(super) thing: ThingView,
    pub(super) facts: Vec<Fact>,
    /// Tags that people set.
    pub(super) own_tags: Vec<String>,
    pub(super) note: Option<String>,
    /// The domain that reports it.
    pub(super) source: String,
    /// RFC 3339.
    pub(super) first_seen: String,
    pub(super) links: Vec<LinkView>,
    /// What it depends on and is in trouble, nearest first.
    pub(super) causes: Vec<ThingView>,
    /// How many things would suffer with it.
    pub(super) dependents: usize,
    /// What the caller may do: annotate, link.
    pub(super) actions: Vec<&'static str>,
}
