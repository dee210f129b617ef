//! The stored settings as one document: what `config export` writes, `config import` plans and applies, and the YAML
//! of the ops part. Secrets leave only sealed (`ENC:` + vault blob); a value that cannot be opened here is refused,
//! never emptied.

use argos_kernel::{Actor, AppError, Result, Timestamp};
use argos_store::{Tx, args};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::snapshot::{Held, decode, encode, history_aad, sealed_blob};
use crate::view::shown;
use crate::{Change, Class, Input, Settings, Spec, Write, registry, store};

const SEALED: &str = "ENC:";

/// Whether keys that the document does not name stay or return to their default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportMode {
    #[default]
    Merge,
    Replace,
}

/// One key that an import changes; texts are masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    pub key: String,
    pub old: String,
    pub new: String,
    /// The new value is the default.
    pub to_default: bool,
}

/// What an import would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportPlan {
    pub changes: Vec<Difference>,
    /// Keys of the document that already have this value.
    pub unchanged: usize,
    /// Keys that are not written, and why.
    pub skipped: Vec<Skipped>,
    /// Keys whose value is refused, and why. Nothing is written while there is one.
    pub faults: Vec<Skipped>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skipped {
    pub key: String,
    pub reason: String,
}

fn document_aad(key: &str) -> String {
    format!("settings.document:{key}")
}

/// Keys an import may write: those of the runtime that no route of their own guards and that are no views.
fn is_portable(spec: &Spec) -> bool {
    matches!(spec.class, Class::Runtime | Class::Override) && !spec.key.starts_with("oidc.") && crate::kept::place_of(spec.key).is_none()
}

impl Settings {
    /// Every stored value by canonical key, in alphabetical order.
    pub fn document(&self) -> Result<Map<String, Value>> {
        let snapshot = self.snapshot();
        let mut keys: Vec<&'static str> = snapshot.stored.keys().copied().collect();
        keys.sort_unstable();
        let mut out = Map::new();
        for key in keys {
            let Some(spec) = registry().find(key).filter(|s| is_portable(s)) else { continue };
            if let Some(Held::Value(value)) = snapshot.stored.get(key).map(|s| &s.held) {
                out.insert(key.to_owned(), self.outward(spec, value)?);
            }
        }
        Ok(out)
    }

    /// The document as it was at a moment, as far as versions are kept. What was set before the oldest kept version is
    /// not in it.
    pub(crate) async fn document_at(&self, at: Timestamp) -> Result<Map<String, Value>> {
        let rows = self.0.db.query(store::AT, args![at.plus_secs(1)]).await?;
        let mut out = Map::new();
        for row in &rows {
            let (key, version): (String, i64) = (row.get(0)?, row.get(1)?);
            let Some(spec) = registry().find(&key).filter(|s| is_portable(s)) else { continue };
            let column: Option<String> = row.get(2)?;
            if let Held::Value(value) = decode(&self.0.vault, &history_aad(spec.key, version), column.as_deref()) {
                out.insert(key, self.outward(spec, &value)?);
            }
        }
        Ok(out)
    }

    /// The value as a document carries it.
    fn outward(&self, spec: &Spec, value: &Value) -> Result<Value> {
        let column = encode(&self.0.vault, spec, &document_aad(spec.key), value)?;
        Ok(match sealed_blob(&column) {
            Some(blob) => Value::String(format!("{SEALED}{blob}")),
            None => value.clone(),
        })
    }

    /// The value a document's member stands for.
    fn inward(&self, spec: &Spec, value: &Value) -> Result<Value, String> {
        let Some(blob) = value.as_str().and_then(|t| t.strip_prefix(SEALED)) else { return Ok(value.clone()) };
        let opened = self.0.vault.try_open(&document_aad(spec.key), blob);
        let plain = opened.map_err(|_| "the secret was sealed by another installation; give it in the clear or leave it out".to_owned())?;
        serde_json::from_slice(plain.reveal()).map_err(|_| "the sealed value is damaged".to_owned())
    }

    /// Judges a document without writing it. Keys may be canonical or the flat names of the ops part.
    pub fn plan_import(&self, document: &Map<String, Value>, mode: ImportMode) -> Result<(ImportPlan, Vec<Write>)> {
        let snapshot = self.snapshot();
        let (mut plan, mut writes, mut named) = (ImportPlan::default(), Vec::new(), Vec::new());
        for (name, value) in document {
            let skip = |reason: &str| Skipped { key: name.clone(), reason: reason.to_owned() };
            let Some(spec) = registry().find(name).or_else(|| registry().find_ops(name)) else {
                plan.skipped.push(skip("unknown setting key"));
                continue;
            };
            named.push(spec.key);
            if !is_portable(spec) {
                plan.skipped.push(skip("is not written by an import"));
                continue;
            }
            let judged = self.inward(spec, value).and_then(|value| {
                let input = if value.is_null() { Input::Clear } else { Input::Json(value) };
                self.judge(spec, &input).map(|new| (input, new))
            });
            match judged {
                Err(reason) => plan.faults.push(Skipped { key: name.clone(), reason }),
                Ok((input, _)) if self.is_unchanged(spec, &input) => plan.unchanged += 1,
                Ok(_) if snapshot.is_locked(spec) => plan.skipped.push(skip("is set by the environment")),
                Ok((input, new)) => {
                    plan.changes.push(self.difference(spec, new.as_ref()));
                    writes.push(Write::new(spec.key, input));
                }
            }
        }
        if mode == ImportMode::Replace {
            for (key, stored) in &snapshot.stored {
                let spec = registry().find(key).filter(|s| is_portable(s) && !named.contains(&s.key) && !snapshot.is_locked(s));
                if let (Some(spec), Held::Value(_) | Held::Unreadable) = (spec, &stored.held) {
                    plan.changes.push(self.difference(spec, None));
                    writes.push(Write::clear(spec.key));
                }
            }
        }
        plan.changes.sort_by(|a, b| a.key.cmp(&b.key));
        Ok((plan, writes))
    }

    fn difference(&self, spec: &'static Spec, new: Option<&Value>) -> Difference {
        let old = self.snapshot().value(spec).ok().flatten();
        let wanted = new.or(spec.default.as_ref());
        Difference {
            key: spec.key.to_owned(),
            old: shown(spec, old.as_ref()),
            new: shown(spec, wanted),
            to_default: new.is_none() || wanted == spec.default.as_ref(),
        }
    }

    /// Plans and writes in the caller's transaction; 400 with every fault when there is one.
    pub async fn import_in(&self, tx: &mut Tx, actor: &Actor, document: &Map<String, Value>, mode: ImportMode) -> Result<ImportPlan> {
        let (plan, writes) = self.plan_import(document, mode)?;
        plan.refuse_faults()?;
        self.set_many_in(tx, actor, &writes).await?;
        Ok(plan)
    }

    /// Takes one recorded change back: every key it changed returns to its value before, when it was not changed since.
    pub async fn revert(&self, actor: &Actor, change_id: &str) -> Result<Vec<Change>> {
        let changed = self.versions_of_change(change_id).await?;
        if changed.is_empty() {
            return Err(AppError::not_found("Change not found"));
        }
        let mut writes = Vec::new();
        for (spec, version) in changed {
            if self.snapshot().stored.get(spec.key).map_or(0, |s| s.version) != version {
                let e = AppError::conflict(format!("{} was changed again since", spec.key)).code("changed_since");
                return Err(e.with("field", spec.key));
            }
            let input = match self.value_of_version(spec, version - 1).await? {
                Held::Value(value) => Input::Json(value),
                Held::Default => Input::Clear,
                Held::Unreadable => {
                    return Err(AppError::unavailable(format!("{}: the value before cannot be read", spec.key)).code("secret_unreadable"));
                }
            };
            let write = Write::new(spec.key, input);
            writes.push(if spec.class == Class::ReadOnly { write.by_owner() } else { write });
        }
        self.set_many(actor, &writes).await
    }
}

impl ImportPlan {
    /// 400 that names every fault.
    pub fn refuse_faults(&self) -> Result<()> {
        let Some(first) = self.faults.first() else { return Ok(()) };
        let text = self.faults.iter().map(|f| format!("{}: {}", f.key, f.reason)).collect::<Vec<_>>().join("; ");
        Err(AppError::bad_request(text).code("invalid_setting").with("field", first.key.clone()))
    }
}
