//! A thing as a domain reports it and as it is stored. Its text is what search looks through.

use std::hash::{Hash, Hasher};

use argos_kernel::{AppError, Result, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::link::NewLink;
use super::status::Status;

/// Characters a reference may have.
pub(crate) const REF_MAX: usize = 300;
const NAME_MAX: usize = 200;
const TEXT_MAX: usize = 500;
const FACTS_MAX: usize = 40;

/// One lasting property: not a live value, which belongs to the metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// A stable word the interface translates: `model`, `size`.
    pub name: String,
    pub text: String,
    /// With a unit: `text` is a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl Fact {
    pub fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), unit: None }
    }
    pub fn number(name: &str, number: &impl ToString, unit: &str) -> Self {
        Self { name: name.to_owned(), text: number.to_string(), unit: Some(unit.to_owned()) }
    }
}

/// A thing as its domain sees it now.
#[derive(Clone, Debug, PartialEq)]
pub struct NewThing {
    /// `kind:...`, unique in the product.
    pub reference: String,
    pub name: String,
    pub status: Status,
    /// The domain's own word for the state: `on battery`, `78 %`.
    pub word: String,
    /// One line: where, what model.
    pub detail: String,
    /// Its address in the interface.
    pub page: String,
    pub tags: Vec<String>,
    pub facts: Vec<Fact>,
    /// Further words it is found by: addresses, serial numbers.
    pub keywords: Vec<String>,
    /// How events name it: type and id.
    pub subject: Option<(String, String)>,
    /// Set for things of a media node: callers with a node scope see only theirs.
    pub node_uid: Option<String>,
}

impl NewThing {
    pub fn new(reference: impl Into<String>, name: impl Into<String>, status: Status, word: impl Into<String>) -> Self {
        Self {
            reference: reference.into(),
            name: name.into(),
            status,
            word: word.into(),
            detail: String::new(),
            page: String::new(),
            tags: Vec::new(),
            facts: Vec::new(),
            keywords: Vec::new(),
            subject: None,
            node_uid: None,
        }
    }
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = text.into();
        self
    }
    #[must_use]
    pub fn page(mut self, address: impl Into<String>) -> Self {
        self.page = address.into();
        self
    }
    #[must_use]
    pub fn fact(mut self, fact: Option<Fact>) -> Self {
        self.facts.extend(fact.filter(|f| !f.text.is_empty()));
        self
    }
    #[must_use]
    pub fn keyword(mut self, word: Option<impl Into<String>>) -> Self {
        self.keywords.extend(word.map(Into::into));
        self
    }
    #[must_use]
    pub fn subject(mut self, kind: &str, id: &str) -> Self {
        self.subject = Some((kind.to_owned(), id.to_owned()));
        self
    }
    #[must_use]
    pub fn tags(mut self, tags: Vec<String>) -> Self {
        self.tags = tags;
        self
    }

    /// The word before the colon.
    pub fn kind(&self) -> &str {
        self.reference.split_once(':').map_or("", |(kind, _)| kind)
    }

    /// Long texts are cut: a name from outside must not swell the store.
    pub(crate) fn fitted(mut self) -> Result<Self> {
        let good = self.reference.chars().count() <= REF_MAX && !self.reference.chars().any(char::is_control);
        if !good || self.kind().is_empty() {
            return Err(AppError::internal(format!("a thing with an unusable reference: {:?}", cut(&self.reference, 80))));
        }
        self.name = cut(&self.name, NAME_MAX);
        if self.name.is_empty() {
            self.name.clone_from(&self.reference);
        }
        (self.word, self.detail, self.page) = (cut(&self.word, NAME_MAX), cut(&self.detail, TEXT_MAX), cut(&self.page, TEXT_MAX));
        self.facts.truncate(FACTS_MAX);
        for fact in &mut self.facts {
            fact.text = cut(&fact.text, TEXT_MAX);
        }
        self.tags = self.tags.iter().map(|t| cut(t, NAME_MAX)).collect();
        Ok(self)
    }

    /// Tells whether anything differs from what was stored; not a checksum against malice.
    pub(crate) fn digest(&self) -> i64 {
        let mut h = std::hash::DefaultHasher::new();
        (&self.reference, &self.name, self.status, &self.word, &self.detail, &self.page).hash(&mut h);
        (&self.tags, &self.keywords, &self.subject, &self.node_uid).hash(&mut h);
        for f in &self.facts {
            (&f.name, &f.text, &f.unit).hash(&mut h);
        }
        i64::from_ne_bytes(h.finish().to_ne_bytes())
    }

    /// What search looks through: name first, then everything else, in lower case.
    pub(crate) fn search_text(&self, own_tags: &[String]) -> String {
        let rest = self.reference.split_once(':').map_or("", |(_, rest)| rest);
        let facts = self.facts.iter().filter(|f| f.unit.is_none()).map(|f| f.text.as_str());
        let parts = [self.name.as_str(), self.kind(), rest, &self.detail].into_iter();
        let all = parts.chain(self.keywords.iter().map(String::as_str)).chain(facts);
        let all = all.chain(self.tags.iter().map(String::as_str)).chain(own_tags.iter().map(String::as_str));
        super::words::normal(&all.collect::<Vec<_>>().join(" "))
    }
}

/// At most `max` characters, without control characters.
pub(crate) fn cut(text: &str, max: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(max).collect()
}

/// Everything one source knows now. What it no longer names is gone.
#[derive(Clone, Debug)]
pub struct Feed {
    pub source: &'static str,
    pub things: Vec<NewThing>,
    pub links: Vec<NewLink>,
}

/// A stored thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    pub(crate) id: i64,
    pub reference: String,
    pub kind: String,
    pub name: String,
    pub status: Status,
    pub word: String,
    pub detail: String,
    pub page: String,
    /// Of the domain and of people, each once.
    pub tags: Vec<String>,
    pub(crate) own_tags: Vec<String>,
    pub note: Option<String>,
    pub facts: Vec<Fact>,
    pub subject: Option<(String, String)>,
    pub node_uid: Option<String>,
    pub source: String,
    pub rev: i64,
    pub first_seen: Timestamp,
    pub status_since: Timestamp,
    /// Set once its source no longer names it.
    pub gone_at: Option<Timestamp>,
}
