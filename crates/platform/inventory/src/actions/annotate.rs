//! What people add to a thing: tags and a note. It stays when the source reports the thing anew.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Inventory;
use crate::model::scope::Scope;
use crate::model::thing::Thing;
use crate::store::things;

const TAGS_MAX: usize = 30;
const TAG_CHARS: usize = 64;
const NOTE_CHARS: usize = 4000;

/// What a person says about a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Annotation {
    pub(crate) reference: String,
    pub(crate) tags: Vec<String>,
    pub(crate) note: Option<String>,
}

fn bad(text: impl Into<String>, field: &str) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

fn checked(tags: Vec<String>) -> Result<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.trim().to_owned();
        let fits =
            !tag.is_empty() && tag.chars().count() <= TAG_CHARS && !tag.chars().any(|c| c.is_control() || c.is_whitespace() || c == ',');
        if !fits {
            return Err(bad(format!("A tag has 1 to {TAG_CHARS} characters without blanks and commas"), "tags"));
        }
        if !out.contains(&tag) {
            out.push(tag);
        }
    }
    if out.len() > TAGS_MAX {
        return Err(bad(format!("A thing has at most {TAGS_MAX} tags"), "tags"));
    }
    Ok(out)
}

impl Inventory {
    /// Replaces tags and note where given; an empty note clears it. The token takes it back.
    pub(crate) async fn annotate(
        &self,
        actor: &Actor,
        scope: &Scope,
        reference: &str,
        tags: Option<Vec<String>>,
        note: Option<String>,
    ) -> Result<(Thing, String)> {
        let tags = tags.map(checked).transpose()?;
        if note.as_ref().is_some_and(|n| n.chars().count() > NOTE_CHARS) {
            return Err(bad(format!("A note has at most {NOTE_CHARS} characters"), "note"));
        }
        let mut change = self.0.audit.begin(actor).await?;
        let found = things::find_in(&mut change, reference).await?.filter(|t| scope.sees(t)).ok_or_else(super::read::not_found)?;
        let before = Annotation { reference: reference.to_owned(), tags: found.own_tags.clone(), note: found.note.clone() };
        let after = Annotation {
            reference: reference.to_owned(),
            tags: tags.unwrap_or_else(|| before.tags.clone()),
            note: note.map_or_else(|| before.note.clone(), |n| Some(n.trim().to_owned()).filter(|n| !n.is_empty())),
        };
        let rev = write(&mut change, &found, &after).await?;
        let subject = format!("thing:{reference}");
        let token = self.offer_undo(&mut change, actor, super::undo::ANNOTATE, &subject, &json!(before)).await?;
        self.wake_after(&mut change, rev);
        change.commit(entry(&found, &before, &after)).await?;
        self.forget_fed(&found.source, reference).await;
        Ok((self.thing(scope, reference).await?, token))
    }

    /// Takes an annotation back to what it was.
    pub(crate) async fn restore_annotation(&self, actor: &Actor, to: Annotation) -> Result<()> {
        let mut change = self.0.audit.begin(actor).await?;
        let found = things::find_in(&mut change, &to.reference).await?.ok_or_else(super::read::not_found)?;
        let before = Annotation { reference: to.reference.clone(), tags: found.own_tags.clone(), note: found.note.clone() };
        let rev = write(&mut change, &found, &to).await?;
        self.wake_after(&mut change, rev);
        change.commit(entry(&found, &before, &to)).await?;
        self.forget_fed(&found.source, &to.reference).await;
        Ok(())
    }
}

async fn write(tx: &mut argos_store::Tx, found: &Thing, to: &Annotation) -> Result<i64> {
    let rev = things::next_rev(tx).await?;
    things::annotate(tx, &to.reference, &to.tags, to.note.as_deref(), rev).await?;
    // New tags are found at once; words of removed ones go with the next feed.
    let mut text = things::text_of(tx, found.id).await?;
    for tag in to.tags.iter().map(|t| crate::model::words::normal(t)).filter(|t| !t.is_empty()) {
        if !text.split(' ').any(|w| w == tag) {
            text.push(' ');
            text.push_str(&tag);
        }
    }
    things::index(tx, found.id, &text).await?;
    Ok(rev)
}

fn entry(thing: &Thing, before: &Annotation, after: &Annotation) -> Entry {
    Entry::new("thing.annotate", Category::Config)
        .target("thing", &thing.reference)
        .describe(format!("Tags and note of {} changed", thing.name))
        .before(json!({ "tags": before.tags, "note": before.note }))
        .after(json!({ "tags": after.tags, "note": after.note }))
}
