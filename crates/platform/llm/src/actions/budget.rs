//! What may still be spent: the installation's tokens and dollars, the organization's dollars, the asker's, those of a run
//! and of a test. Dollars bite where a price is known; what is known to cost nothing is never refused for them. What a question
//! may come to is set aside in the store before it is asked.

use std::time::Duration;

use argos_identity::ModelChoices;
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_store::{Database, Tx};

use crate::llm::{About, Asker, Llm};
use crate::model::catalogue::Price;
use crate::plan::Plan;
use crate::store::reservations::{self, Reservation};
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

/// Time a question may take beyond what its asker waits: for what is written after it.
const SETTLING_S: i64 = 60;

/// One budget: what counts against it, since when, and where it ends.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// As a refusal calls it.
    name: &'static str,
    whose: Whose,
    /// A run has none: all of it counts.
    since: Timestamp,
    most: Most,
}

#[derive(Clone, Copy, Debug)]
enum Most {
    Tokens(i64),
    /// Dollars; zero = nothing may be spent.
    Usd(f64),
}

/// What a question may come to: how long its answer may be, and what is set aside for it while it is asked.
pub(crate) struct Allowance {
    pub(crate) max_tokens: i64,
    /// `None` = no budget is about it.
    pub(crate) reserved: Option<Uid>,
}

/// A question as far as budgets ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Of the question, with its pictures.
    pub(crate) tokens: i64,
    /// How long its asker waits.
    pub(crate) patience: Duration,
}

impl Llm {
    /// How long an answer may be, with what it may come to set aside, or which budget is spent. What others are asking
    /// right now counts with what it may come to, so however many ask at once, no more than one of them passes the end of
    /// a budget.
    pub(crate) async fn allowance(
        &self,
        asker: &Asker,
        choices: &ModelChoices,
        plan: &Plan,
        about: About,
        size: Size,
    ) -> Result<std::result::Result<Allowance, &'static str>> {
        let asked = size.tokens;
        let message = self.0.settings.i64("llm.budget.message_tokens")?;
        if message > 0 && asked > message {
            return Ok(Err("message"));
        }
        let mut limits = self.limits_of_settings(asker)?;
        let mut max_tokens = plan.max_tokens;
        if !plan.price.is_some_and(Price::is_free) {
            limits.extend(self.limits_in_dollars(asker, choices, plan, about).await?);
            if let (Some(price), Some(_)) = (plan.price, asker.user_id) {
                max_tokens = price.answer_within(choices.cost_limit_per_message, asked, plan.max_tokens);
                if max_tokens < ANSWER_TOKENS_MIN.min(plan.max_tokens) {
                    // Told only when nothing else is spent: that one lasts longer.
                    let mut tx = self.0.db.begin().await?;
                    let spent = first_spent(&mut tx, self.0.clock.now(), &limits).await?;
                    tx.commit().await?;
                    return Ok(Err(spent.unwrap_or("message")));
                }
            }
        }
        if limits.is_empty() {
            return Ok(Ok(Allowance { max_tokens, reserved: None }));
        }
        let now = self.0.clock.now();
        let reservation = Reservation {
            uid: Uid::mint(&*self.0.clock, &*self.0.rng),
            expires_at: now.plus_secs(i64::try_from(size.patience.as_secs()).unwrap_or(i64::MAX).saturating_add(SETTLING_S)),
            user_id: asker.user_id,
            organization_id: asker.organization_id,
            key_owner: plan.key_owner,
            run: about.run,
            test: about.test,
            tokens: asked.saturating_add(max_tokens),
            cost_usd: plan.price.map(|price| price.cost(asked, max_tokens)),
        };
        let refused = set_aside(&self.0.db, now, &limits, &reservation).await?;
        Ok(refused.map_or(Ok(Allowance { max_tokens, reserved: Some(reservation.uid) }), Err))
    }

    /// The budgets of `llm.budget.*`; zero = no such budget.
    fn limits_of_settings(&self, asker: &Asker) -> Result<Vec<Limit>> {
        let s = &self.0.settings;
        let now = self.0.clock.now();
        let (day, month) = (day_start(now), month_start(now));
        let mut out = Vec::new();
        let mut tokens = |name, whose, since, key: &str| {
            let most = s.i64(key)?;
            out.extend((most > 0).then_some(Limit { name, whose, since, most: Most::Tokens(most) }));
            Ok::<_, AppError>(())
        };
        if let Some(user) = asker.user_id {
            tokens("daily user", Whose::User(user), day, "llm.budget.user_daily_tokens")?;
        }
        tokens("daily", Whose::Everybody, day, "llm.budget.daily_tokens")?;
        tokens("monthly", Whose::Everybody, month, "llm.budget.monthly_tokens")?;
        let dollars = s.f64("llm.budget.monthly_usd")?;
        out.extend((dollars > 0.0).then_some(Limit { name: "monthly", whose: Whose::Everybody, since: month, most: Most::Usd(dollars) }));
        Ok(out)
    }

    /// The limits in dollars of the asker, the organization, the run and the test; zero = nothing may be spent. What is
    /// asked with somebody's own key is not the organization's expense.
    async fn limits_in_dollars(&self, asker: &Asker, choices: &ModelChoices, plan: &Plan, about: About) -> Result<Vec<Limit>> {
        let now = self.0.clock.now();
        let (day, month) = (day_start(now), month_start(now));
        let limit = |name, whose, since, most| Limit { name, whose, since, most: Most::Usd(most) };
        let mut out = Vec::new();
        if let Some(user) = asker.user_id {
            out.push(limit("personal daily", Whose::User(user), day, choices.cost_limit_per_day));
        }
        if let Some(id) = asker.organization_id.filter(|_| plan.key_owner != "user")
            && let Some(budget) = self.0.identity.model_budget(id).await?
        {
            out.push(limit("organization's daily", Whose::Organization(id), day, budget.daily));
            out.push(limit("organization's monthly", Whose::Organization(id), month, budget.monthly));
        }
        if let Some(run) = about.run {
            let s = &self.0.settings;
            out.push(limit("run's", Whose::Run(run), day, s.f64("quality.cost_limit_per_run")?));
            if let Some(test) = about.test {
                out.push(limit("test's", Whose::Test(run, test), day, s.f64("quality.cost_limit_per_test")?));
            }
        }
        Ok(out)
    }

    /// Dollars spent for a run, as far as prices are known.
    pub async fn spent_on_run(&self, run: Uid) -> Result<f64> {
        Ok(usage::spent(&self.0.db, self.0.clock.now(), Whose::Run(run)).await?.usd())
    }

    /// Dollars an organization spent today and this month; `None` = it asked, and of nothing it asked is the price known.
    pub(crate) async fn spent_of_organization(&self, id: i64) -> Result<(Option<f64>, Option<f64>)> {
        let (db, now) = (&self.0.db, self.0.clock.now());
        let today = usage::spent(db, day_start(now), Whose::Organization(id)).await?;
        let month = usage::spent(db, month_start(now), Whose::Organization(id)).await?;
        Ok((today.known_usd(), month.known_usd()))
    }
}

/// Sets aside what a question may come to, or says which budget is spent.
async fn set_aside(db: &Database, now: Timestamp, limits: &[Limit], question: &Reservation<'_>) -> Result<Option<&'static str>> {
    let mut tx = db.begin().await?;
    reservations::take_turn(&mut tx).await?;
    let refused = first_spent(&mut tx, now, limits).await?;
    if refused.is_none() {
        reservations::add(&mut tx, now, question).await?;
    }
    tx.commit().await?;
    Ok(refused)
}

async fn first_spent(tx: &mut Tx, now: Timestamp, limits: &[Limit]) -> Result<Option<&'static str>> {
    for limit in limits {
        if is_spent(tx, now, limit).await? {
            return Ok(Some(limit.name));
        }
    }
    Ok(None)
}

/// Whether nothing may be asked on it any more. What is under way is read first: a question that ends in between counts
/// twice then, and never not at all.
async fn is_spent(tx: &mut Tx, now: Timestamp, limit: &Limit) -> Result<bool> {
    let (tokens, usd) = reservations::held(tx, now, limit.whose).await?;
    let spent = usage::spent_in(tx, limit.since, limit.whose).await?;
    Ok(match limit.most {
        Most::Tokens(most) => spent.tokens.saturating_add(tokens) >= most,
        Most::Usd(most) => spent.usd() + usd >= most,
    })
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

    /// Questions of a user and a run, each of which may come to a quarter of a dollar.
    fn question(n: u64) -> Reservation<'static> {
        let uid = |n: u64| format!("0195c0de-0000-7000-8000-{n:012}").parse::<Uid>().unwrap();
        Reservation {
            uid: uid(n),
            expires_at: Timestamp::from_secs(1_090),
            user_id: Some(1),
            organization_id: Some(7),
            key_owner: "instance",
            run: Some(uid(900)),
            test: Some(uid(901)),
            tokens: 250,
            cost_usd: Some(0.25),
        }
    }

    #[tokio::test]
    async fn however_many_ask_at_once_they_share_what_is_left_of_a_budget() {
        for t in argos_store::testing::each_engine(crate::MIGRATIONS).await {
            let (db, now) = (&t.store.state, Timestamp::from_secs(1_000));
            let since = Timestamp::from_secs(0);
            let dollar = |whose| Limit { name: "dollar", whose, since, most: Most::Usd(1.0) };
            let tokens = Limit { name: "tokens", whose: Whose::Everybody, since, most: Most::Tokens(1_000_000) };
            let asking = (1..=16).map(|n| async move {
                let limits = [tokens, dollar(Whose::User(1)), dollar(Whose::Organization(7)), dollar(Whose::Run(question(0).run.unwrap()))];
                (n, set_aside(db, now, &limits, &question(n)).await.unwrap())
            });
            let answers = futures_util::future::join_all(asking).await;
            let mut went = answers.iter().filter(|(_, refused)| refused.is_none()).map(|(n, _)| *n).collect::<Vec<_>>();
            assert_eq!(went.len(), 4, "four quarters: {answers:?}");
            assert!(answers.iter().all(|(_, refused)| refused.is_none_or(|name| name == "dollar")));
            let next = async |n, now, whose| set_aside(db, now, &[dollar(whose)], &question(n)).await.unwrap();
            assert_eq!(next(20, now, Whose::User(1)).await, Some("dollar"));
            let (run, test) = (question(0).run.unwrap(), question(0).test.unwrap());
            assert_eq!(next(20, now, Whose::Test(run, test)).await, Some("dollar"));
            let mut tx = db.begin().await.unwrap();
            assert_eq!(reservations::held(&mut tx, now, Whose::User(2)).await.unwrap(), (0, 0.0), "another's budget is untouched");
            // One came to less than it might have: what is left of its quarter is free again.
            reservations::end(&mut tx, question(went.pop().unwrap()).uid).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(next(21, now, Whose::User(1)).await, None);
            assert_eq!(next(22, now, Whose::User(1)).await, Some("dollar"));
            // The process died with its questions: they hold nothing once nobody waits for them any more.
            assert_eq!(next(23, Timestamp::from_secs(1_090), Whose::Run(run)).await, None);
        }
    }
}
