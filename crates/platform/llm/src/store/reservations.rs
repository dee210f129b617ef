//! `llm_reservations`: what the questions that are being asked may come to. One is written before its question is asked
//! and goes with the row that says what it came to; that of a process which died ends by itself.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Row, StoreError, Tx, args};

use super::usage::Whose;

/// Tokens, and dollars as far as they are known, of the questions under way.
macro_rules! held {
    ($which:literal) => {
        concat!("select cast(coalesce(sum(tokens), 0) as bigint), sum(cost_usd) from llm_reservations where expires_at > $1 and ", $which)
    };
}

argos_store::statements! {
    state;
    // Who reserves goes one after another, also among processes: what is counted here is what is reserved upon.
    TURN = "llm.reservations.turn", "update llm_turn set taken = taken + 1 where id = 1";
    HELD = "llm.reservations.held", held!("(cast($2 as bigint) is null or user_id = $2)");
    HELD_BY_ORGANIZATION = "llm.reservations.held_by_organization", held!("organization_id = $2 and key_owner <> 'user'");
    HELD_FOR = "llm.reservations.held_for", held!("run_uid = $2 and (cast($3 as text) is null or test_uid = $3)");
    ADD = "llm.reservations.add",
        "insert into llm_reservations (uid, expires_at, user_id, organization_id, key_owner, run_uid, test_uid, tokens, cost_usd)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9)";
    END = "llm.reservations.end", "delete from llm_reservations where uid = $1";
    SWEEP = "llm.reservations.sweep", "delete from llm_reservations where expires_at <= $1";
}

/// What one question may come to.
pub(crate) struct Reservation<'a> {
    pub(crate) uid: Uid,
    /// By then its asker has given up.
    pub(crate) expires_at: Timestamp,
    pub(crate) user_id: Option<i64>,
    pub(crate) organization_id: Option<i64>,
    pub(crate) key_owner: &'a str,
    pub(crate) run: Option<Uid>,
    pub(crate) test: Option<Uid>,
    /// Of the question and of the longest answer.
    pub(crate) tokens: i64,
    /// `None` = the price is not known.
    pub(crate) cost_usd: Option<f64>,
}

/// Waits until nobody else reserves, until the transaction ends.
pub(crate) async fn take_turn(tx: &mut Tx) -> Result<(), StoreError> {
    tx.exec(TURN, args![]).await.map(drop)
}

/// Tokens and dollars of the questions that are under way at `now`.
pub(crate) async fn held(tx: &mut Tx, now: Timestamp, whose: Whose) -> Result<(i64, f64), StoreError> {
    let row = match whose {
        Whose::Everybody => tx.one(HELD, args![now, None::<i64>]).await?,
        Whose::User(id) => tx.one(HELD, args![now, id]).await?,
        Whose::Organization(id) => tx.one(HELD_BY_ORGANIZATION, args![now, id]).await?,
        Whose::Run(run) => tx.one(HELD_FOR, args![now, run, None::<Uid>]).await?,
        Whose::Test(run, test) => tx.one(HELD_FOR, args![now, run, test]).await?,
    };
    let read = |row: &Row| Ok((row.get(0)?, row.get::<Option<f64>>(1)?.unwrap_or(0.0)));
    read(&row)
}

/// Writes one, and forgets those that ended by themselves.
pub(crate) async fn add(tx: &mut Tx, now: Timestamp, r: &Reservation<'_>) -> Result<(), StoreError> {
    tx.exec(SWEEP, args![now]).await?;
    let values = args![r.uid, r.expires_at, r.user_id, r.organization_id, r.key_owner, r.run, r.test, r.tokens, r.cost_usd];
    tx.exec(ADD, values).await.map(drop)
}

/// The question is over.
pub(crate) async fn end(tx: &mut Tx, uid: Uid) -> Result<(), StoreError> {
    tx.exec(END, args![uid]).await.map(drop)
}
