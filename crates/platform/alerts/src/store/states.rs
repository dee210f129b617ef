//! `rule_states`: pending and firing instances, so that a restart goes on where it stopped.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::state::{Firing, Phase, RuleState};

argos_store::statements! {
    state;
    LIST = "alerts.states.list",
        "select rule_id, fingerprint, phase, since, notified, escalation_step, last_notified_at, firing_id from rule_states order by fingerprint";
    UPSERT = "alerts.states.upsert",
        "insert into rule_states (rule_id, fingerprint, phase, since, notified, escalation_step, last_notified_at, firing_id, updated_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9)
         on conflict (fingerprint) do update set phase = excluded.phase, since = excluded.since, notified = excluded.notified,
           escalation_step = excluded.escalation_step, last_notified_at = excluded.last_notified_at, firing_id = excluded.firing_id,
           updated_at = excluded.updated_at";
    DELETE = "alerts.states.delete", "delete from rule_states where fingerprint = $1";
    DELETE_OF_RULE = "alerts.states.delete_of_rule", "delete from rule_states where rule_id = $1";
}

/// One instance as it is remembered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StateRow {
    pub(crate) rule_id: String,
    pub(crate) fingerprint: String,
    pub(crate) state: RuleState,
    pub(crate) firing_id: Option<i64>,
}

fn read(row: &Row) -> Result<StateRow, StoreError> {
    let (phase, since, step): (String, Timestamp, i64) = (row.get(2)?, row.get(3)?, row.get(5)?);
    let phase = match phase.as_str() {
        "pending" => Phase::Pending { since },
        "firing" => {
            Phase::Firing(Firing { since, notified: row.get(4)?, escalation_step: usize::try_from(step).unwrap_or(0), false_streak: 0 })
        }
        _ => Phase::Ok,
    };
    Ok(StateRow {
        rule_id: row.get(0)?,
        fingerprint: row.get(1)?,
        state: RuleState { phase, last_notified_at: row.get(6)? },
        firing_id: row.get(7)?,
    })
}

pub(crate) async fn list(db: &Database) -> Result<Vec<StateRow>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

/// Writes the state, or removes it when it says nothing.
pub(crate) async fn save(tx: &mut Tx, row: &StateRow, now: Timestamp) -> Result<(), StoreError> {
    if row.state.is_blank() {
        return tx.exec(DELETE, args![&row.fingerprint]).await.map(drop);
    }
    let (phase, since, notified, step) = match &row.state.phase {
        Phase::Ok => ("ok", now, false, 0),
        Phase::Pending { since } => ("pending", *since, false, 0),
        Phase::Firing(f) => ("firing", f.since, f.notified, i64::try_from(f.escalation_step).unwrap_or(i64::MAX)),
    };
    let values = args![&row.rule_id, &row.fingerprint, phase, since, notified, step, row.state.last_notified_at, row.firing_id, now];
    tx.exec(UPSERT, values).await.map(drop)
}

pub(crate) async fn delete_of_rule(tx: &mut Tx, rule_id: &str) -> Result<(), StoreError> {
    tx.exec(DELETE_OF_RULE, args![rule_id]).await.map(drop)
}
