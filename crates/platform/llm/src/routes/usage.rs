//! What models were asked and what it cost, by day, feature and user; and how much of each budget is left.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::budget::{day_start, month_start};
use crate::llm::Llm;
use crate::store::usage::{self, Sum, Whose};

pub(super) fn declare(routes: Routes<Llm>) -> Routes<Llm> {
    routes
        .get("/api/ui/ai/usage", "llm.usage", "Calls, tokens and cost of language models.", report)
        .param("days", "1-400, default 30")
        .reply::<UsageView>()
}

#[derive(Serialize, JsonSchema)]
struct UsageView {
    days: Vec<DayView>,
    features: Vec<NamedView>,
    users: Vec<NamedView>,
    budgets: Vec<BudgetView>,
}

#[derive(Serialize, JsonSchema)]
struct Sums {
    calls: i64,
    input_tokens: i64,
    output_tokens: i64,
    /// Null where no price is set.
    cost_usd: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct DayView {
    /// The first moment of the day in UTC.
    day: String,
    provider: String,
    /// `ok`, or why there was no answer.
    outcome: String,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize, JsonSchema)]
struct NamedView {
    name: String,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize, JsonSchema)]
struct BudgetView {
    /// `daily_tokens`, `monthly_tokens` or `monthly_usd`
    name: &'static str,
    spent: f64,
    /// Null = no limit.
    limit: Option<f64>,
}

fn sums(s: Sum) -> Sums {
    Sums { calls: s.calls, input_tokens: s.input_tokens, output_tokens: s.output_tokens, cost_usd: s.cost_usd }
}

async fn report(llm: Llm, req: Req) -> Result<Reply> {
    let days = req.query().int_clamped("days", 30, 1, 400)?;
    let now = req.cx().now();
    let db = &llm.0.db;
    let today = day_start(now);
    let since = today.minus_secs((days - 1) * 86_400);
    let list = usage::by_day(db, since).await?.into_iter();
    let days = list.map(|(day, provider, outcome, s)| DayView { day: day.rfc3339(), provider, outcome, sums: sums(s) }).collect();
    let named = |list: Vec<(String, Sum)>| list.into_iter().map(|(name, s)| NamedView { name, sums: sums(s) }).collect();
    let features = named(usage::by_feature(db, since).await?);
    let users = named(usage::by_user(db, since).await?);
    Ok(Reply::json(&UsageView { days, features, users, budgets: budgets(&llm, today).await? }))
}

#[expect(clippy::cast_precision_loss, reason = "token counts stay far below 2^52")]
async fn budgets(llm: &Llm, today: argos_kernel::Timestamp) -> Result<Vec<BudgetView>> {
    let s = &llm.0.settings;
    let limit = |n: f64| (n > 0.0).then_some(n);
    let day = usage::spent(&llm.0.db, today, Whose::Everybody).await?.tokens;
    let month = usage::spent(&llm.0.db, month_start(llm.0.clock.now()), Whose::Everybody).await?;
    Ok(vec![
        BudgetView { name: "daily_tokens", spent: day as f64, limit: limit(s.i64("llm.budget.daily_tokens")? as f64) },
        BudgetView { name: "monthly_tokens", spent: month.tokens as f64, limit: limit(s.i64("llm.budget.monthly_tokens")? as f64) },
        BudgetView { name: "monthly_usd", spent: month.usd(), limit: limit(s.f64("llm.budget.monthly_usd")?) },
    ])
}
