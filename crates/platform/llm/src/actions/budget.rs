//! What may still be spent: the installation's tokens and dollars, the organization's dollars, the asker's, those of a run
//! and of a test. Dollars bite where a price is known; what is known to cost nothing is never refused for them.

use argos_identity::ModelChoices;
use argos_kernel::{Result, Timestamp, Uid};

use crate::llm::{About, Asker, Llm};
use crate::plan::Plan;
use crate::store::usage::{self, Whose};

/// A shorter answer than this is no help.
const ANSWER_TOKENS_MIN: i64 = 16;

/// About four characters make a token.
pub(crate) fn tokens_of(chars: usize) -> i64 {
    i64::try_from(chars / 4).unwrap_or(i64::MAX)
}

/// The first moment of the day in UTC.
pub(crate) fn day_start(now: Timestamp) -> Timestamp {
    now.minus_secs(now.secs().rem_euclid(86_400))
}

/// The first moment of the month in UTC.
pub(crate) fn month_start(now: Timestamp) -> Timestamp {
    let text = now.rfc3339();
    let month = text.split_at_checked(7).map_or("1970-01", |(month, _)| month);
    Timestamp::parse_rfc3339(&format!("{month}-01T00:00:00Z")).unwrap_or(now)
}

impl Llm {
    /// How long an answer may be, or which budget is spent. `chars`: of the question.
    pub(crate) async fn allowance(
        &self,
        asker: &Asker,
        choices: &ModelChoices,
        plan: &Plan,
        about: About,
        chars: usize,
    ) -> Result<std::result::Result<i64, &'static str>> {
        if let Some(which) = self.spent_by_settings(asker, chars).await? {
            return Ok(Err(which));
        }
        if plan.price.is_some_and(crate::model::catalogue::Price::is_free) {
            return Ok(Ok(plan.max_tokens));
        }
        if let Some(which) = self.spent_dollars(asker, choices, plan, about).await? {
            return Ok(Err(which));
        }
        let (Some(price), Some(_)) = (plan.price, asker.user_id) else { return Ok(Ok(plan.max_tokens)) };
        let longest = price.answer_within(choices.cost_limit_per_message, tokens_of(chars), plan.max_tokens);
        Ok(if longest < ANSWER_TOKENS_MIN.min(plan.max_tokens) { Err("message") } else { Ok(longest) })
    }

    /// The budgets of `llm.budget.*`; zero = no such budget.
    async fn spent_by_settings(&self, asker: &Asker, chars: usize) -> Result<Option<&'static str>> {
        let s = &self.0.settings;
        let (db, now) = (&self.0.db, self.0.clock.now());
        let message = s.i64("llm.budget.message_tokens")?;
        if message > 0 && tokens_of(chars) > message {
            return Ok(Some("message"));
        }
        let user_daily = s.i64("llm.budget.user_daily_tokens")?;
        if let (Some(user), true) = (asker.user_id, user_daily > 0)
            && usage::spent(db, day_start(now), Whose::User(user)).await?.tokens >= user_daily
        {
            return Ok(Some("daily user"));
        }
        let daily = s.i64("llm.budget.daily_tokens")?;
        if daily > 0 && usage::spent(db, day_start(now), Whose::Everybody).await?.tokens >= daily {
            return Ok(Some("daily"));
        }
        let (monthly, dollars) = (s.i64("llm.budget.monthly_tokens")?, s.f64("llm.budget.monthly_usd")?);
        if monthly > 0 || dollars > 0.0 {
            let spent = usage::spent(db, month_start(now), Whose::Everybody).await?;
            if (monthly > 0 && spent.tokens >= monthly) || (dollars > 0.0 && spent.usd() >= dollars) {
                return Ok(Some("monthly"));
            }
        }
        Ok(None)
    }

    /// The limits in dollars of the asker, the organization, the run and the test; zero = nothing may be spent. What is
    /// asked with somebody's own key is not the organization's expense.
    async fn spent_dollars(&self, asker: &Asker, choices: &ModelChoices, plan: &Plan, about: About) -> Result<Option<&'static str>> {
        let (db, now) = (&self.0.db, self.0.clock.now());
        if let Some(user) = asker.user_id
            && usage::spent(db, day_start(now), Whose::User(user)).await?.usd() >= choices.cost_limit_per_day
        {
            return Ok(Some("personal daily"));
        }
        if let Some(id) = asker.organization_id.filter(|_| plan.key_owner != "user")
            && let Some(budget) = self.0.identity.model_budget(id).await?
        {
            if usage::spent(db, day_start(now), Whose::Organization(id)).await?.usd() >= budget.daily {
                return Ok(Some("organization's daily"));
            }
            if usage::spent(db, month_start(now), Whose::Organization(id)).await?.usd() >= budget.monthly {
                return Ok(Some("organization's monthly"));
            }
        }
        let Some(run) = about.run else { return Ok(None) };
        let s = &self.0.settings;
        if usage::spent_on(db, run, None).await?.usd() >= s.f64("quality.cost_limit_per_run")? {
            return Ok(Some("run's"));
        }
        if let Some(test) = about.test
            && usage::spent_on(db, run, Some(test)).await?.usd() >= s.f64("quality.cost_limit_per_test")?
        {
            return Ok(Some("test's"));
        }
        Ok(None)
    }

    /// Dollars spent for a run, as far as prices are known.
    pub async fn spent_on_run(&self, run: Uid) -> Result<f64> {
        Ok(usage::spent_on(&self.0.db, run, None).await?.usd())
    }

    /// Dollars an organization spent today and this month; `None` = it asked, and of nothing it asked is the price known.
    pub(crate) async fn spent_of_organization(&self, id: i64) -> Result<(Option<f64>, Option<f64>)> {
        let (db, now) = (&self.0.db, self.0.clock.now());
        let today = usage::spent(db, day_start(now), Whose::Organization(id)).await?;
        let month = usage::spent(db, month_start(now), Whose::Organization(id)).await?;
        Ok((today.known_usd(), month.known_usd()))
    }
}

impl argos_identity::ModelSpend for Llm {
    fn spent(&self, organization: i64) -> argos_web::BoxFuture<'_, Result<(Option<f64>, Option<f64>)>> {
        Box::pin(self.spent_of_organization(organization))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_begin_in_utc() {
        let at = Timestamp::parse_rfc3339("2031-03-09T17:45:11Z").unwrap();
        assert_eq!(day_start(at).rfc3339(), "2031-03-09T00:00:00Z");
        assert_eq!(month_start(at).rfc3339(), "2031-03-01T00:00:00Z");
    }
}
