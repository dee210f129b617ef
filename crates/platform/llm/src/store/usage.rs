//! `llm_usage`: one row per call, without what was said.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    ADD = "llm.usage.add",
        "insert into llm_usage (at, user_id, user_name, organization_id, feature, provider, model, key_owner, outcome, input_tokens, output_tokens, cost_usd,
           duration_ms) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)";
    SPENT = "llm.usage.spent",
        "select cast(coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)), 0) as bigint), coalesce(sum(cost_usd), 0.0e0)
         from llm_usage where at >= $1 and (cast($2 as bigint) is null or user_id = $2)";
    BY_DAY = "llm.usage.by_day",
        "select at / 86400000000, provider, outcome, count(*), cast(coalesce(sum(input_tokens), 0) as bigint), cast(coalesce(sum(output_tokens), 0) as bigint),
           sum(cost_usd) from llm_usage where at >= $1 group by at / 86400000000, provider, outcome order by 1, 2, 3";
    BY_FEATURE = "llm.usage.by_feature",
        "select feature, count(*), cast(coalesce(sum(input_tokens), 0) as bigint), cast(coalesce(sum(output_tokens), 0) as bigint), sum(cost_usd)
         from llm_usage where at >= $1 group by feature order by 2 desc, 1";
    BY_USER = "llm.usage.by_user",
        "select user_name, count(*), cast(coalesce(sum(input_tokens), 0) as bigint), cast(coalesce(sum(output_tokens), 0) as bigint), sum(cost_usd)
         from llm_usage where at >= $1 group by user_name order by 2 desc, 1 limit 20";
    PRUNE = "llm.usage.prune", "delete from llm_usage where at < $1";
}

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) at: Timestamp,
    pub(crate) user_id: Option<i64>,
    pub(crate) user_name: &'a str,
    pub(crate) organization_id: Option<i64>,
    pub(crate) feature: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) model: &'a str,
    pub(crate) key_owner: &'a str,
    pub(crate) outcome: &'a str,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) cost_usd: Option<f64>,
    pub(crate) duration_ms: i64,
}

pub(crate) async fn add(tx: &mut Tx, c: &Call<'_>) -> Result<(), StoreError> {
    let values = args![
        c.at,
        c.user_id,
        c.user_name,
        c.organization_id,
        c.feature,
        c.provider,
        c.model,
        c.key_owner,
        c.outcome,
        c.input_tokens,
        c.output_tokens,
        c.cost_usd,
        c.duration_ms,
    ];
    tx.exec(ADD, values).await.map(drop)
}
/// Tokens and dollars since a moment, of one user or of all.
pub(crate) async fn spent(db: &Database, since: Timestamp, user: Option<i64>) -> Result<(i64, f64), StoreError> {
    let row = db.one(SPENT, args![since, user]).await?;
    Ok((row.get(0)?, row.get(1)?))
}

/// What calls came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub(crate) calls: i64,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    pub(crate) cost_usd: Option<f64>,
}

fn sum(r: &Row, at: usize) -> Result<Sum, StoreError> {
    Ok(Sum { calls: r.get(at)?, input_tokens: r.get(at + 1)?, output_tokens: r.get(at + 2)?, cost_usd: r.get(at + 3)? })
}

/// Day (UTC, its first moment), provider, outcome.
pub(crate) async fn by_day(db: &Database, since: Timestamp) -> Result<Vec<(Timestamp, String, String, Sum)>, StoreError> {
    let read = |r: &Row| {
        let day: i64 = r.get(0)?;
        Ok((Timestamp::from_micros(day * 86_400_000_000), r.get(1)?, r.get(2)?, sum(r, 3)?))
    };
    db.query(BY_DAY, args![since]).await?.iter().map(read).collect()
}
pub(crate) async fn by_feature(db: &Database, since: Timestamp) -> Result<Vec<(String, Sum)>, StoreError> {
    db.query(BY_FEATURE, args![since]).await?.iter().map(|r| Ok((r.get(0)?, sum(r, 1)?))).collect()
}
pub(crate) async fn by_user(db: &Database, since: Timestamp) -> Result<Vec<(String, Sum)>, StoreError> {
    db.query(BY_USER, args![since]).await?.iter().map(|r| Ok((r.get(0)?, sum(r, 1)?))).collect()
}
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
