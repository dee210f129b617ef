//! One's own use of models in the quality views: what was asked, what it cost, what may still be spent, and which models
//! there are to choose from.

use std::collections::BTreeMap;

use argos_kernel::{AppError, FieldError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::budget::{day_start, month_start};
use crate::llm::{Asker, Llm};
use crate::model::catalogue;
use crate::model::provider::Provider;
use crate::plan::Wish;
use crate::store::keys::{self, Owner};
use crate::store::my_usage::{self, OfModel, Record, Sums};
use crate::store::usage::{self, Whose};

const DAY_S: i64 = 86_400;

pub(super) fn declare(routes: Routes<Llm>) -> Routes<Llm> {
    routes
        .get("/api/v1/users/me/ai-usage", "llm.own_usage", "What one asked models, by day and call by call.", report)
        .param("days", "1-400, default 30")
        .param("limit", "calls, 1-500, default 100")
        .reply::<ReportView>()
        .get("/api/v1/users/me/ai-usage/summary", "llm.own_usage_summary", "What one asked models in a period.", summary)
        .param("period", "day, week or month (default); a week is seven days, day and month are those of the calendar, in UTC")
        .reply::<PeriodView>()
        .get("/api/v1/users/me/ai-budget", "llm.own_budget", "What one may still spend today.", budget)
        .reply::<BudgetView>()
        .get("/api/v1/users/me/available-models", "llm.available_models", "Models to choose from, with their prices.", models)
        .reply::<ModelsView>()
}

#[derive(Default, Serialize, JsonSchema)]
struct SumView {
    requests: i64,
    input_tokens: i64,
    output_tokens: i64,
    /// Null where no price is known.
    cost_usd: Option<f64>,
}

impl From<Sums> for SumView {
    fn from(s: Sums) -> Self {
        Self { requests: s.calls, input_tokens: s.input_tokens, output_tokens: s.output_tokens, cost_usd: s.cost_usd }
    }
}

impl SumView {
    fn add(&mut self, s: Sums) {
        self.requests += s.calls;
        self.input_tokens += s.input_tokens;
        self.output_tokens += s.output_tokens;
        self.cost_usd = plus(self.cost_usd, s.cost_usd);
    }
}

/// What is not known adds nothing to what is.
fn plus(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

#[derive(Serialize, JsonSchema)]
struct SummaryView {
    total_requests: i64,
    total_input_tokens: i64,
    total_output_tokens: i64,
    /// Of what has a known price; null when nothing has, zero when nothing was asked.
    total_cost_usd: Option<f64>,
    /// With the key of the organization or of the installation.
    platform_key_cost: Option<f64>,
    /// With keys of one's own.
    byok_cost: Option<f64>,
    usage_by_model: BTreeMap<String, SumView>,
    usage_by_provider: BTreeMap<String, SumView>,
}

fn summed(rows: Vec<OfModel>) -> SummaryView {
    let nothing = rows.is_empty().then_some(0.0);
    let (mut all, mut own, mut shared) = (SumView::default(), nothing, nothing);
    let (mut by_model, mut by_provider): (BTreeMap<String, SumView>, BTreeMap<String, SumView>) = Default::default();
    for row in rows {
        all.add(row.sums);
        let side = if row.key_owner == "user" { &mut own } else { &mut shared };
        *side = plus(*side, row.sums.cost_usd);
        by_model.entry(row.model).or_default().add(row.sums);
        by_provider.entry(row.provider).or_default().add(row.sums);
    }
    SummaryView {
        total_requests: all.requests,
        total_input_tokens: all.input_tokens,
        total_output_tokens: all.output_tokens,
        total_cost_usd: all.cost_usd.or(nothing),
        platform_key_cost: shared,
        byok_cost: own,
        usage_by_model: by_model,
        usage_by_provider: by_provider,
    }
}

#[derive(Serialize, JsonSchema)]
struct ReportView {
    summary: SummaryView,
    /// Days on which something was asked, oldest first.
    daily: Vec<DayView>,
    /// Newest first.
    records: Vec<RecordView>,
}

#[derive(Serialize, JsonSchema)]
struct DayView {
    /// `YYYY-MM-DD` in UTC.
    date: String,
    #[serde(flatten)]
    sums: SumView,
}

#[derive(Serialize, JsonSchema)]
struct RecordView {
    id: i64,
    created_at: String,
    feature: String,
    provider: String,
    model: String,
    /// user, org, instance or none
    key_owner: String,
    /// `ok`, or why there was no answer.
    outcome: String,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cost_usd: Option<f64>,
    duration_ms: i64,
}

impl From<Record> for RecordView {
    fn from(r: Record) -> Self {
        Self {
            id: r.id,
            created_at: r.at.rfc3339(),
            feature: r.feature,
            provider: r.provider,
            model: r.model,
            key_owner: r.key_owner,
            outcome: r.outcome,
            input_tokens: r.input_tokens,
            output_tokens: r.output_tokens,
            cost_usd: r.cost_usd,
            duration_ms: r.duration_ms,
        }
    }
}

async fn report(llm: Llm, req: Req) -> Result<Reply> {
    let user = req.cx().user_id()?;
    let days = req.query().int_clamped("days", 30, 1, 400)?;
    let limit = req.query().int_clamped("limit", 100, 1, 500)?;
    let since = day_start(req.cx().now()).minus_secs((days - 1) * DAY_S);
    let db = &llm.0.db;
    let date = |at: Timestamp| at.rfc3339().chars().take(10).collect();
    let daily = my_usage::by_day(db, user, since).await?.into_iter().map(|(at, s)| DayView { date: date(at), sums: s.into() }).collect();
    let records = my_usage::newest(db, user, since, limit).await?.into_iter().map(RecordView::from).collect();
    Ok(Reply::json(&ReportView { summary: summed(my_usage::by_model(db, user, since).await?), daily, records }))
}

#[derive(Serialize, JsonSchema)]
struct PeriodView {
    /// day, week or month
    period: &'static str,
    /// The period began then.
    since: String,
    #[serde(flatten)]
    summary: SummaryView,
}

async fn summary(llm: Llm, req: Req) -> Result<Reply> {
    let (user, now) = (req.cx().user_id()?, req.cx().now());
    let (period, since) = match req.query().filled("period").unwrap_or("month") {
        "day" => ("day", day_start(now)),
        "week" => ("week", day_start(now).minus_secs(6 * DAY_S)),
        "month" => ("month", month_start(now)),
        _ => {
            let mut fault = FieldError::new("period", "period must be day, week or month");
            fault.loc = vec!["query".to_owned(), "period".to_owned()];
            return Err(AppError::invalid(vec![fault]));
        }
    };
    let summary = summed(my_usage::by_model(&llm.0.db, user, since).await?);
    Ok(Reply::json(&PeriodView { period, since: since.rfc3339(), summary }))
}

#[derive(Serialize, JsonSchema)]
struct BudgetView {
    /// Something may still be spent today.
    has_budget: bool,
    daily_limit: f64,
    /// Of what has a known price; null when nothing has.
    daily_spent: Option<f64>,
    daily_remaining: f64,
    message_limit: f64,
    /// Of the organization one asks in; null when one belongs to none.
    organization: Option<OrganizationBudgetView>,
}

#[derive(Serialize, JsonSchema)]
struct OrganizationBudgetView {
    daily_limit: f64,
    daily_spent: Option<f64>,
    monthly_limit: f64,
    monthly_spent: Option<f64>,
}

async fn budget(llm: Llm, req: Req) -> Result<Reply> {
    let user = req.cx().user_id()?;
    let asker = Asker::of(req.cx());
    let choices = llm.choices(&asker).await?;
    let spent = usage::spent(&llm.0.db, day_start(req.cx().now()), Whose::User(user)).await?;
    let organization = match asker.organization_id {
        None => None,
        Some(id) => {
            let (daily_spent, monthly_spent) = llm.spent_of_organization(id).await?;
            let budget = llm.0.identity.model_budget(id).await?;
            budget.map(|b| OrganizationBudgetView { daily_limit: b.daily, daily_spent, monthly_limit: b.monthly, monthly_spent })
        }
    };
    let left = (choices.cost_limit_per_day - spent.usd()).max(0.0);
    Ok(Reply::json(&BudgetView {
        has_budget: left > 0.0,
        daily_limit: choices.cost_limit_per_day,
        daily_spent: spent.known_usd(),
        daily_remaining: left,
        message_limit: choices.cost_limit_per_message,
        organization,
    }))
}

#[derive(Serialize, JsonSchema)]
struct ModelsView {
    models: Vec<ModelView>,
    /// For which one has a key of one's own.
    user_providers: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct ModelView {
    model_id: String,
    display_name: String,
    provider: &'static str,
    /// Dollars per million tokens; null where not known.
    input_price: Option<f64>,
    output_price: Option<f64>,
    /// `chat`, `streaming`, and `vision` where it is known to look at pictures.
    capabilities: &'static [&'static str],
    /// Models are switched on, and there is a key for this one.
    is_available: bool,
}

async fn models(llm: Llm, req: Req) -> Result<Reply> {
    let asker = Asker::of(req.cx());
    let own = keys::list(&llm.0.db, Owner::User(req.cx().user_id()?)).await?;
    let choices = llm.choices(&asker).await?;
    let configured = llm.provider()?;
    let (mut models, mut seen_configured) = (Vec::new(), false);
    let configured_model = llm.model(configured, None)?;
    for provider in Provider::ALL {
        let wish = Wish { provider: Some(provider), ..Wish::default() };
        let reachable = llm.plan(&asker, &choices, wish).await?;
        let is_available = llm.is_enabled()? && reachable.is_ok();
        let view = |id: &str, name: &str, price: Option<catalogue::Price>| ModelView {
            model_id: id.to_owned(),
            display_name: name.to_owned(),
            provider: provider.as_str(),
            input_price: price.map(|p| p.input),
            output_price: price.map(|p| p.output),
            capabilities: catalogue::uses(provider, id),
            is_available,
        };
        for known in catalogue::ALL.iter().filter(|k| k.provider == provider) {
            seen_configured |= provider == configured && configured_model.as_deref() == Some(known.id);
            models.push(view(known.id, known.name, llm.price(provider, known.id)?));
        }
        if let (true, false, Some(id)) = (provider == configured, seen_configured, configured_model.as_deref()) {
            models.push(view(id, id, llm.price(provider, id)?));
        }
    }
    Ok(Reply::json(&ModelsView { models, user_providers: own.into_iter().map(|k| k.provider).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model: &str, key_owner: &str, cost_usd: Option<f64>) -> OfModel {
        let sums = Sums { calls: 2, input_tokens: 30, output_tokens: 4, cost_usd };
        OfModel { provider: "openai".to_owned(), model: model.to_owned(), key_owner: key_owner.to_owned(), sums }
    }

    #[test]
    fn unknown_cost_is_neither_nothing_nor_lost() {
        let of = |rows| {
            let s = summed(rows);
            (s.total_requests, s.total_cost_usd, s.platform_key_cost, s.byok_cost)
        };
        assert_eq!(of(vec![]), (0, Some(0.0), Some(0.0), Some(0.0)));
        assert_eq!(of(vec![row("a", "user", None)]), (2, None, None, None));
        let all = vec![row("a", "user", None), row("b", "instance", Some(0.25)), row("b", "org", Some(0.5))];
        assert_eq!(of(all), (6, Some(0.75), Some(0.75), None));
        let s = summed(vec![row("b", "instance", Some(0.25)), row("b", "org", None)]);
        assert_eq!((s.usage_by_model["b"].requests, s.usage_by_provider["openai"].cost_usd), (4, Some(0.25)));
    }
}
