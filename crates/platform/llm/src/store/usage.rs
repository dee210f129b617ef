//! `llm_usage`: one row per call, without what was said.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, Stmt, StoreError, Tx, Value, args};

/// Calls, tokens, and dollars as far as they are known.
macro_rules! spent {
    ($which:literal) => {
        concat!(
            "select count(*), cast(coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)), 0) as bigint), sum(cost_usd)
             from llm_usage where ",
            $which
        )
    };
}

argos_store::statements! {
    state;
    ADD = "llm.usage.add",
        "insert into llm_usage (at, user_id, user_name, organization_id, feature, provider, model, key_owner, outcome, input_tokens, output_tokens, cost_usd,
           duration_ms, run_uid, test_uid) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)";
    SPENT = "llm.usage.spent", spent!("at >= $1 and (cast($2 as bigint) is null or user_id = $2)");
    // Somebody's own key is not the organization's expense.
    SPENT_BY_ORGANIZATION = "llm.usage.spent_by_organization", spent!("organization_id = $2 and at >= $1 and key_owner <> 'user'");
    SPENT_ON = "llm.usage.spent_on", spent!("run_uid = $1 and (cast($2 as text) is null or test_uid = $2)");
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
    pub(crate) run: Option<Uid>,
    pub(crate) test: Option<Uid>,
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
        c.run,
        c.test,
    ];
    tx.exec(ADD, values).await.map(drop)
}

/// Whose calls are summed up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    Everybody,
    User(i64),
    /// What it pays: not what people ask with keys of their own.
    Organization(i64),
    Run(Uid),
    /// One test of a run.
    Test(Uid, Uid),
}

/// What was spent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(crate) calls: i64,
    pub(crate) tokens: i64,
    /// Of the calls whose price is known; `None` = of none.
    cost_usd: Option<f64>,
}

impl Spent {
    pub(crate) fn usd(self) -> f64 {
        self.cost_usd.unwrap_or(0.0)
    }
    /// Zero when nothing was asked, `None` when nothing of what was asked has a known price.
    pub(crate) fn known_usd(self) -> Option<f64> {
        self.cost_usd.or((self.calls == 0).then_some(0.0))
    }
}

fn read_spent(row: &Row) -> Result<Spent, StoreError> {
    Ok(Spent { calls: row.get(0)?, tokens: row.get(1)?, cost_usd: row.get(2)? })
}

/// The statement that sums up `whose` calls since a moment. A run is summed up whole.
fn asking(since: Timestamp, whose: Whose) -> (Stmt, Vec<Value>) {
    match whose {
        Whose::Everybody => (SPENT, args![since, None::<i64>]),
        Whose::User(id) => (SPENT, args![since, id]),
        Whose::Organization(id) => (SPENT_BY_ORGANIZATION, args![since, id]),
        Whose::Run(run) => (SPENT_ON, args![run, None::<Uid>]),
        Whose::Test(run, test) => (SPENT_ON, args![run, test]),
    }
}
/// What was spent since a moment; for a run, ever.
pub(crate) async fn spent(db: &Database, since: Timestamp, whose: Whose) -> Result<Spent, StoreError> {
    let (statement, values) = asking(since, whose);
    read_spent(&db.one(statement, values).await?)
}
/// The same inside a transaction.
pub(crate) async fn spent_in(tx: &mut Tx, since: Timestamp, whose: Whose) -> Result<Spent, StoreError> {
    let (statement, values) = asking(since, whose);
    read_spent(&tx.one(statement, values).await?)
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

#[cfg(test)]
mod tests {
    use argos_store::testing::each_engine;

    use super::*;

    #[tokio::test]
    async fn spending_is_counted_by_person_organization_run_and_test_on_each_engine() {
        let uid = |n: u8| format!("0195c0de-0000-7000-8000-0000000000{n:02}").parse::<Uid>().unwrap();
        for t in each_engine(crate::MIGRATIONS).await {
            let db = &t.store.state;
            let mut tx = db.begin().await.unwrap();
            let rows = [
                (10, 1, "instance", Some(0.5), Some(uid(1)), Some(uid(11))),
                (20, 1, "user", Some(0.25), Some(uid(1)), Some(uid(12))),
                (30, 2, "org", None, None, None),
            ];
            for (at, user, key_owner, cost_usd, run, test) in rows {
                let call = Call {
                    at: Timestamp::from_secs(at),
                    user_id: Some(user),
                    user_name: "ada",
                    organization_id: Some(7),
                    feature: "chat",
                    provider: "openai",
                    model: "gpt-4o",
                    key_owner,
                    outcome: "ok",
                    input_tokens: Some(3),
                    output_tokens: Some(4),
                    cost_usd,
                    duration_ms: 1,
                    run,
                    test,
                };
                add(&mut tx, &call).await.unwrap();
            }
            tx.commit().await.unwrap();
            let of = async |since, whose| {
                let s = spent(db, Timestamp::from_secs(since), whose).await.unwrap();
                (s.calls, s.tokens, s.known_usd())
            };
            assert_eq!(of(0, Whose::Everybody).await, (3, 21, Some(0.75)));
            assert_eq!((of(0, Whose::User(1)).await, of(15, Whose::User(1)).await), ((2, 14, Some(0.75)), (1, 7, Some(0.25))));
            assert_eq!(of(0, Whose::Organization(7)).await, (2, 14, Some(0.5)), "without what people pay themselves");
            assert_eq!((of(0, Whose::User(2)).await.2, of(0, Whose::User(3)).await.2), (None, Some(0.0)), "unknown is not nothing");
            let on = async |whose| spent(db, Timestamp::from_secs(0), whose).await.unwrap().usd();
            let test = |n| Whose::Test(uid(1), uid(n));
            assert_eq!((on(Whose::Run(uid(1))).await, on(test(12)).await, on(test(13)).await), (0.75, 0.25, 0.0));
        }
    }
}
