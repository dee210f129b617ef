//! `llm_usage` as one user sees it.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, args};

argos_store::statements! {
    state;
    BY_MODEL = "llm.my_usage.by_model",
        "select provider, model, key_owner, count(*), cast(coalesce(sum(input_tokens), 0) as bigint), cast(coalesce(sum(output_tokens), 0) as bigint),
           sum(cost_usd) from llm_usage where user_id = $1 and at >= $2 group by provider, model, key_owner order by 1, 2, 3";
    BY_DAY = "llm.my_usage.by_day",
        "select at / 86400000000, count(*), cast(coalesce(sum(input_tokens), 0) as bigint), cast(coalesce(sum(output_tokens), 0) as bigint), sum(cost_usd)
         from llm_usage where user_id = $1 and at >= $2 group by at / 86400000000 order by 1";
    NEWEST = "llm.my_usage.newest",
        "select id, at, feature, provider, model, key_owner, outcome, input_tokens, output_tokens, cost_usd, duration_ms from llm_usage
         where user_id = $1 and at >= $2 order by id desc limit $3";
}

/// What calls came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) calls: i64,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    /// Of those whose price is known.
    pub(crate) cost_usd: Option<f64>,
}

fn sums(r: &Row, at: usize) -> Result<Sums, StoreError> {
    Ok(Sums { calls: r.get(at)?, input_tokens: r.get(at + 1)?, output_tokens: r.get(at + 2)?, cost_usd: r.get(at + 3)? })
}

/// The calls of one model with one kind of key.
pub(crate) struct OfModel {
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) key_owner: String,
    pub(crate) sums: Sums,
}

/// One call.
pub(crate) struct Record {
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    pub(crate) feature: String,
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) key_owner: String,
    pub(crate) outcome: String,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) cost_usd: Option<f64>,
    pub(crate) duration_ms: i64,
}

pub(crate) async fn by_model(db: &Database, user: i64, since: Timestamp) -> Result<Vec<OfModel>, StoreError> {
    let read = |r: &Row| Ok(OfModel { provider: r.get(0)?, model: r.get(1)?, key_owner: r.get(2)?, sums: sums(r, 3)? });
    db.query(BY_MODEL, args![user, since]).await?.iter().map(read).collect()
}

/// Days with calls, oldest first, by their first moment in UTC.
pub(crate) async fn by_day(db: &Database, user: i64, since: Timestamp) -> Result<Vec<(Timestamp, Sums)>, StoreError> {
    let read = |r: &Row| {
        let day: i64 = r.get(0)?;
        Ok((Timestamp::from_micros(day * 86_400_000_000), sums(r, 1)?))
    };
    db.query(BY_DAY, args![user, since]).await?.iter().map(read).collect()
}

/// The newest calls first.
pub(crate) async fn newest(db: &Database, user: i64, since: Timestamp, limit: i64) -> Result<Vec<Record>, StoreError> {
    let read = |r: &Row| {
        Ok(Record {
            id: r.get(0)?,
            at: r.get(1)?,
            feature: r.get(2)?,
            provider: r.get(3)?,
            model: r.get(4)?,
            key_owner: r.get(5)?,
            outcome: r.get(6)?,
            input_tokens: r.get(7)?,
            output_tokens: r.get(8)?,
            cost_usd: r.get(9)?,
            duration_ms: r.get(10)?,
        })
    };
    db.query(NEWEST, args![user, since, limit]).await?.iter().map(read).collect()
}
