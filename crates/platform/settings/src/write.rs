//! Writing settings: all or nothing, judged by the registry's rules, versioned, recorded in the same transaction.

use std::collections::HashMap;
use std::sync::Arc;

use argos_kernel::{Actor, AppError, ErrorKind, Result, Uid};
use argos_store::{Tx, args};
use argos_vault::{SecretInput, is_placeholder, secret_input};
use argos_web::Cidr;
use serde_json::Value;

use crate::settings::{Settings, VERSIONS_KEPT};
use crate::snapshot::{Held, Snapshot, Stored, aad, decode, encode, history_aad};
use crate::text::{parse_json, parse_text, same};
use crate::view::{cut, shown};
use crate::{Change, Class, Spec, nested, registry, store};

/// Characters kept of a value in the change log (ops-core C.3).
const SHOWN_MAX: usize = 80;

/// A new value.
#[derive(Clone)]
pub enum Input {
    /// Its text form.
    Text(String),
    /// Its own type, or its text form inside a JSON string.
    Json(Value),
    /// Back to the default.
    Clear,
}

/// One key to write.
#[derive(Clone)]
pub struct Write {
    pub key: String,
    pub input: Input,
    by_owner: bool,
}

impl Write {
    pub fn new(key: impl Into<String>, input: Input) -> Self {
        Self { key: key.into(), input, by_owner: false }
    }
    pub fn text(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(key, Input::Text(text.into()))
    }
    pub fn json(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(key, Input::Json(value.into()))
    }
    pub fn clear(key: impl Into<String>) -> Self {
        Self::new(key, Input::Clear)
    }
    /// The key's own route or process writes it: allows class RO.
    #[must_use]
    pub fn by_owner(mut self) -> Self {
        self.by_owner = true;
        self
    }
}

/// Who and what stands behind a stored value.
pub(crate) struct Origin<'a> {
    pub(crate) change: &'a str,
    pub(crate) source: &'a str,
    pub(crate) actor: &'a Actor,
}

/// The list of addresses that may connect.
const ALLOWLIST: &str = "auth.ip_allowlist";

/// 409 for an address list that shuts out whoever writes it. The command line has no address and may write any.
fn refuse_lock_out(spec: &Spec, new: Option<&Value>, actor: &Actor) -> Result<()> {
    let ip = actor.ip.as_deref().and_then(|ip| ip.parse().ok());
    let (ALLOWLIST, Some(Value::Array(entries)), Some(ip)) = (spec.key, new, ip) else { return Ok(()) };
    let mut ranges = entries.iter().filter_map(|e| Cidr::parse(e.as_str()?));
    if entries.is_empty() || ranges.any(|range| range.contains(ip)) {
        return Ok(());
    }
    let text = format!("Your own address {ip} is not in the list: you would lock yourself out");
    Err(AppError::conflict(text).code("would_lock_out").with("field", ALLOWLIST).with("ip", ip.to_string()))
}

/// A judged write.
enum Decided {
    /// A placeholder or an empty secret: what is stored stays.
    Keep,
    Value(Option<Value>),
}

impl Settings {
    /// Writes in a transaction of its own; returns what really changed.
    pub async fn set_many(&self, actor: &Actor, writes: &[Write]) -> Result<Vec<Change>> {
        let mut tx = self.0.db.begin().await?;
        let changes = self.set_many_in(&mut tx, actor, writes).await?;
        tx.commit().await?;
        Ok(changes)
    }

    /// Writes in the caller's transaction. The new values act once it commits.
    pub async fn set_many_in(&self, tx: &mut Tx, actor: &Actor, writes: &[Write]) -> Result<Vec<Change>> {
        let sink = self.0.sink.get().map(Arc::clone);
        let sink = sink.ok_or_else(|| AppError::internal("settings were written before their recorder was named"))?;
        let snapshot = self.snapshot();
        let specs = writes.iter().map(|w| writable(&snapshot, w)).collect::<Result<Vec<_>>>()?;
        // Writers of settings go one after another, so that what is compared here is what is replaced.
        tx.exec(store::LOCK, args![]).await?;
        let mut decided: Vec<(&'static Spec, Option<Value>, Option<Value>)> = Vec::new();
        let mut faults = Faults::default();
        for (spec, write) in specs.into_iter().zip(writes) {
            let held = self.current(tx, spec).await?;
            let broken = matches!(held, Held::Unreadable);
            let in_force = match &held {
                Held::Value(value) => Some(value.clone()),
                Held::Default => spec.default.clone(),
                Held::Unreadable => None,
            };
            match decide(spec, &write.input, in_force.as_ref(), broken) {
                Err(why) => faults.add(spec.key, &why),
                Ok(Decided::Keep) => {}
                Ok(Decided::Value(None)) if matches!(held, Held::Default) => {}
                Ok(Decided::Value(new)) => {
                    decided.retain(|(s, ..)| s.key != spec.key);
                    if new.is_none() || broken || !same(in_force.as_ref(), new.as_ref()) {
                        decided.push((spec, in_force, new));
                    }
                }
            }
        }
        faults.into_result()?;
        for (spec, _, new) in &decided {
            refuse_lock_out(spec, new.as_ref(), actor)?;
        }
        if decided.is_empty() {
            return Ok(Vec::new());
        }
        let change = Uid::mint(&*self.0.clock, &*self.0.rng).to_string();
        let source = if actor.credential == argos_kernel::CredentialKind::System { "system" } else { "api" };
        let origin = Origin { change: &change, source, actor };
        let (mut changes, mut applied) = (Vec::new(), Vec::new());
        for (spec, old, new) in decided {
            let version = self.store_value(tx, spec, &origin, old.as_ref(), new.as_ref()).await?;
            let new_in_force = new.as_ref().or(spec.default.as_ref());
            let (old_text, new_text) = (shown(spec, old.as_ref()), shown(spec, new_in_force));
            changes.push(Change { key: spec.key, ops_name: spec.ops_name, old: old_text, new: new_text, secret: spec.secret, version });
            let held = new.map_or(Held::Default, Held::Value);
            let stored =
                Stored { held, source: source.to_owned(), version, updated_at: self.0.clock.now(), updated_by: actor.name.clone() };
            applied.push((spec.key, stored));
        }
        let generation: i64 = tx.one(store::BUMP, args![]).await?.get(0)?;
        sink.changed(tx, actor, &changes).await?;
        let settings = self.clone();
        tx.on_commit(move || settings.apply(generation, applied));
        Ok(changes)
    }

    async fn current(&self, tx: &mut Tx, spec: &Spec) -> Result<Held> {
        let row = tx.find(store::FIND, args![spec.key]).await?;
        let column: Option<String> = row.map(|r| r.get(0)).transpose()?.flatten();
        Ok(decode(&self.0.vault, &aad(spec.key), column.as_deref()))
    }

    /// Writes one row and its version; the new version number.
    pub(crate) async fn store_value(
        &self,
        tx: &mut Tx,
        spec: &Spec,
        origin: &Origin<'_>,
        old: Option<&Value>,
        new: Option<&Value>,
    ) -> Result<i64> {
        let vault = &self.0.vault;
        let now = self.0.clock.now();
        let column = new.map(|v| encode(vault, spec, &aad(spec.key), v)).transpose()?;
        let row = tx.one(store::UPSERT, args![spec.key, column, origin.source, now, &origin.actor.name]).await?;
        let version: i64 = row.get(0)?;
        let kept = new.map(|v| encode(vault, spec, &history_aad(spec.key, version), v)).transpose()?;
        let old_shown = cut(&shown(spec, old), SHOWN_MAX);
        let new_shown = cut(&shown(spec, new.or(spec.default.as_ref())), SHOWN_MAX);
        let Actor { id, name, .. } = origin.actor;
        let history = args![origin.change, spec.key, version, kept, old_shown, new_shown, origin.source, now, *id, name];
        tx.exec(store::ADD_VERSION, history).await?;
        tx.exec(store::PRUNE_VERSIONS, args![spec.key, version - VERSIONS_KEPT]).await?;
        Ok(version)
    }

    /// Judges a value without writing it: its normal form, or `None` where it means "keep" or "default".
    pub fn judge(&self, spec: &'static Spec, input: &Input) -> Result<Option<Value>, String> {
        let read = self.snapshot().value(spec);
        let broken = read.is_err();
        let in_force = read.ok().flatten();
        match decide(spec, input, in_force.as_ref(), broken)? {
            Decided::Keep => Ok(in_force),
            Decided::Value(value) => Ok(value.or_else(|| spec.default.clone())),
        }
    }

    /// True when the input would leave the value in force as it is.
    pub(crate) fn is_unchanged(&self, spec: &'static Spec, input: &Input) -> bool {
        let read = self.snapshot().value(spec);
        let broken = read.is_err();
        let in_force = read.ok().flatten();
        match decide(spec, input, in_force.as_ref(), broken) {
            Ok(Decided::Keep) => true,
            Ok(Decided::Value(new)) => !broken && same(new.as_ref().or(spec.default.as_ref()), in_force.as_ref()),
            Err(_) => false,
        }
    }
}

fn writable(snapshot: &Snapshot, write: &Write) -> Result<&'static Spec> {
    let spec = registry().find(&write.key);
    let spec = spec.ok_or_else(|| AppError::bad_request("unknown setting key").code("unknown_setting").with("field", write.key.clone()))?;
    if spec.class == Class::ReadOnly && !write.by_owner {
        let e = AppError::bad_request(format!("{}: is written by its own routes only", spec.key));
        return Err(e.code("setting_read_only").with("field", spec.key));
    }
    if let Some(place) = crate::kept::place_of(spec.key) {
        let e = AppError::bad_request(format!("{}: {}", spec.key, crate::kept::told(place)));
        return Err(e.code("setting_kept_elsewhere").with("field", spec.key).with("route", place));
    }
    if snapshot.is_locked(spec) {
        let by = snapshot.boot.source(spec.key).map_or_else(|| "the start configuration".to_owned(), crate::boot::Given::name);
        return Err(AppError::conflict(format!("{}: is set by {by}", spec.key)).code("setting_locked").with("field", spec.key));
    }
    Ok(spec)
}

/// Judges an input against what is in force. `broken` = a secret is stored but cannot be read: placeholders keep it.
fn decide(spec: &'static Spec, input: &Input, in_force: Option<&Value>, broken: bool) -> Result<Decided, String> {
    let mut value = match input {
        Input::Clear => return Ok(Decided::Value(None)),
        Input::Json(Value::Null) => return Ok(Decided::Value(None)),
        Input::Text(text) => Value::String(text.clone()),
        Input::Json(value) => value.clone(),
    };
    if broken && value.as_str().is_some_and(is_placeholder) {
        return Ok(Decided::Keep);
    }
    if spec.secret {
        let word = match &value {
            Value::String(text) => Some(text.as_str()),
            Value::Array(items) if items.len() == 1 => items[0].as_str(),
            _ => None,
        };
        let set = in_force.is_some_and(|v| !crate::text::to_text(Some(v)).is_empty());
        if word.is_some()
            && secret_input(word, set, spec.rule_text.ends_with("= keep in") || spec.rule_text == "empty = keep")? == SecretInput::Keep
        {
            return Ok(Decided::Keep);
        }
        if word == Some("") {
            return Ok(Decided::Value(None));
        }
    }
    let empty = value.as_str().is_some_and(|t| t.trim().is_empty());
    if empty && (spec.kind.is_structured() || matches!(spec.kind, crate::Kind::Int | crate::Kind::Num | crate::Kind::Bool)) {
        return Ok(Decided::Value(None));
    }
    if let (Input::Text(text), true) = (input, spec.kind.is_structured()) {
        value = parse_text(spec, text)?;
    }
    if spec.kind.is_structured() {
        nested::restore(&mut value, in_force)?;
    }
    parse_json(spec, value).map(|v| Decided::Value(Some(v)))
}

/// Faults of several keys, answered together.
#[derive(Default)]
struct Faults {
    texts: Vec<String>,
    fields: HashMap<&'static str, String>,
    first: Option<&'static str>,
}

impl Faults {
    fn add(&mut self, key: &'static str, why: &str) {
        self.first.get_or_insert(key);
        self.texts.push(format!("{key}: {why}"));
        self.fields.insert(key, why.to_owned());
    }
    fn into_result(self) -> Result<()> {
        let Some(first) = self.first else {
            return Ok(());
        };
        let fields: serde_json::Map<String, Value> = self.fields.into_iter().map(|(k, v)| (k.to_owned(), Value::String(v))).collect();
        let e = AppError::new(ErrorKind::BadRequest, self.texts.join("; ")).code("invalid_setting");
        Err(e.with("field", first).with("fields", Value::Object(fields)))
    }
}
