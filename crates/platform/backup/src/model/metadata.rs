//! `metadata.json` of an archive: what made it, what is inside, and a signature over both.

use std::collections::BTreeMap;

use argos_kernel::{Secret, Timestamp, hex};
use argos_store::transfer::TableDigest;
use argos_store::{Migration, Part};
use ring::hmac;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Format 1 has SHA-256 sums of files and digests of every table, format 2 does not say which sets of files it carries.
pub(crate) const FORMAT: u32 = 3;
pub(crate) const FILE: &str = "metadata.json";

/// Everything an archive says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub format: u32,
    /// Version of the binary that wrote it.
    pub version: String,
    pub created_at: String,
    /// `manual`, `scheduled` or `upgrade`.
    pub kind: String,
    pub note: Option<String>,
    /// Engine it was taken from: `sqlite` or `postgres`.
    pub engine: String,
    /// Newest migration per `part.module`.
    pub schema: BTreeMap<String, i64>,
    /// Names the master key that opens its secrets.
    pub key_fingerprint: String,
    pub files: Vec<FileEntry>,
    pub tables: Vec<TableEntry>,
    /// Sets of files that the store names one by one and that are inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<String>,
    /// Files of those sets that were lost before the backup was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Sets of files that are not inside, or not all of them, because there were too many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// HMAC-SHA256 over this document with this member empty, by a key of the vault inside.
    #[serde(default)]
    pub hmac: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub name: String,
    pub size: u64,
    /// Of archives of format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
}

impl FileEntry {
    /// Whether what was found, with every sum, is what is described.
    pub(crate) fn is_as(&self, wanted: &Self) -> bool {
        let is_sum = match (&wanted.blake3, &wanted.sha256) {
            (Some(_), None) => self.blake3 == wanted.blake3,
            (None, Some(_)) => self.sha256 == wanted.sha256,
            (Some(_), Some(_)) => self.blake3 == wanted.blake3 && self.sha256 == wanted.sha256,
            (None, None) => false,
        };
        self.size == wanted.size && is_sum
    }
}

/// What one table held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableEntry {
    /// `state` or `telemetry`.
    pub part: String,
    pub table: String,
    pub rows: u64,
    /// Sum of the SHA-256 of every row, modulo 2^256. `None` where the file is a copy of the database it was taken from:
    /// then the sum of the file proves every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl From<TableDigest> for TableEntry {
    fn from(d: TableDigest) -> Self {
        Self { part: d.part.as_str().to_owned(), table: d.table, rows: d.rows, digest: Some(d.digest) }
    }
}

/// The newest version of each `part.module`.
pub fn schema_of(migrations: &[Migration]) -> BTreeMap<String, i64> {
    let mut newest = BTreeMap::new();
    for m in migrations {
        let version = newest.entry(format!("{}.{}", m.part.as_str(), m.module)).or_insert(0);
        *version = m.version.max(*version);
    }
    newest
}

impl Metadata {
    pub(crate) fn sign(&mut self, key: &Secret<[u8; 32]>) {
        self.hmac = hex(hmac::sign(&signing_key(key), &self.signed_bytes()).as_ref());
    }

    pub(crate) fn is_signed_by(&self, key: &Secret<[u8; 32]>) -> bool {
        let given = data_encoding::HEXLOWER.decode(self.hmac.as_bytes()).unwrap_or_default();
        hmac::verify(&signing_key(key), &self.signed_bytes(), &given).is_ok()
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let unsigned = Self { hmac: String::new(), ..self.clone() };
        serde_json::to_vec(&unsigned).unwrap_or_default()
    }

    /// Modules of the archive that this binary does not know, or not so new.
    pub(crate) fn newer_than(&self, migrations: &[Migration]) -> Vec<String> {
        let known = schema_of(migrations);
        let newer = self.schema.iter().filter(|(module, version)| known.get(*module).is_none_or(|k| k < version));
        newer.map(|(module, version)| format!("{module} {version}")).collect()
    }

    pub(crate) fn parts(&self) -> Vec<Part> {
        parts_named(|name| self.files.iter().any(|f| f.name == name))
    }

    /// What to add to a verdict about files that are not inside; empty when all of them are.
    pub(crate) fn losses(&self) -> String {
        let mut text = match self.missing.len() {
            0 => String::new(),
            n => format!("; {n} files that the database names were lost before"),
        };
        if !self.left_out.is_empty() {
            text.push_str(&format!("; too many files, not all are inside: {}", self.left_out.join(", ")));
        }
        text
    }

    /// Rows of all tables together.
    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|t| t.rows).sum()
    }

    /// Whether every table has its digest.
    pub(crate) fn is_digested(&self) -> bool {
        self.tables.iter().all(|t| t.digest.is_some())
    }

    pub fn created(&self) -> Option<Timestamp> {
        Timestamp::parse_rfc3339(&self.created_at)
    }
}

pub(crate) const STATE_FILE: &str = "argos.db";
pub(crate) const TELEMETRY_FILE: &str = "telemetry.db";

/// The databases among files of these names.
pub(crate) fn parts_named(has: impl Fn(&str) -> bool) -> Vec<Part> {
    let both = [(Part::State, STATE_FILE), (Part::Telemetry, TELEMETRY_FILE)];
    both.into_iter().filter(|(_, name)| has(name)).map(|(part, _)| part).collect()
}

fn signing_key(key: &Secret<[u8; 32]>) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.reveal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_metadata_is_not_signed_any_more() {
        let key = Secret::new([7_u8; 32]);
        let mut m = Metadata {
            format: FORMAT,
            version: "2.10.0".into(),
            created_at: "2026-01-01T00:00:00Z".into(),
            kind: "manual".into(),
            note: None,
            engine: "sqlite".into(),
            schema: BTreeMap::from([("state.jobs".to_owned(), 2)]),
            key_fingerprint: "ab".into(),
            files: Vec::new(),
            tables: vec![TableEntry { part: "state".into(), table: "users".into(), rows: 3, digest: Some("00".into()) }],
            carried: Vec::new(),
            missing: Vec::new(),
            left_out: Vec::new(),
            hmac: String::new(),
        };
        m.sign(&key);
        let back: Metadata = serde_json::from_str(&serde_json::to_string_pretty(&m).unwrap()).unwrap();
        assert!(back.is_signed_by(&key) && !back.is_signed_by(&Secret::new([8; 32])));
        let changed = Metadata { tables: vec![TableEntry { rows: 4, ..m.tables[0].clone() }], ..m.clone() };
        assert!(!changed.is_signed_by(&key));
        assert!(!Metadata { hmac: "zz".into(), ..m.clone() }.is_signed_by(&key));
        assert_eq!(m.newer_than(&[]), ["state.jobs 2"]);
    }
}
