//! Taking the newest step of the schema back, where its module declared how. Steps are forward only by rule: a step that
//! changed or dropped what was there is undone by restoring the backup from before it.

use crate::migrate::{MigrateError, table};
use crate::{Migration, Part, Store};

/// How a step is taken back.
#[derive(Clone, Copy, Debug)]
pub struct Rollback {
    pub module: &'static str,
    pub part: Part,
    pub version: i64,
    /// What is lost, for people.
    pub loses: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl Store {
    /// The step that was applied last, of those in `known`; of several of one upgrade the last in its order.
    pub async fn newest(&self, known: &[Migration]) -> Result<Option<Migration>, MigrateError> {
        let mut newest = None;
        for part in [Part::State, Part::Telemetry] {
            for applied in self.applied(part).await? {
                let at = known.iter().position(|m| m.part == part && m.module == applied.module && m.version == applied.version);
                let Some((at, step)) = at.and_then(|at| Some((at, *known.get(at)?))) else { continue };
                let order = (applied.applied_at, part, at);
                if newest.as_ref().is_none_or(|(before, _)| *before < order) {
                    newest = Some((order, step));
                }
            }
        }
        Ok(newest.map(|(_, step)| step))
    }

    /// Takes `step` back: its record and what it made go in one transaction, so a crash leaves both or neither.
    pub async fn roll_back(&self, step: &Migration, back: &Rollback) -> Result<(), MigrateError> {
        let db = self.part(step.part);
        let text = match db.engine() {
            crate::Engine::Sqlite => back.sqlite,
            crate::Engine::Postgres => back.postgres,
        };
        let (table, module, version) = (table(step.part), step.module, step.version);
        let script = format!("{text};\ndelete from {table} where module = '{module}' and version = {version};");
        let failed = |cause| MigrateError::Failed { module: module.to_owned(), version, cause };
        db.script(&script).await.map_err(failed)
    }
}
