//! A request that was made up, against the rules of a site as they are, or as they would be with one more or another one.

use argos_kernel::Result;
use argos_proxy::{Found, Trial};

use super::hosts::no_host;
use super::reconcile::refused;
use crate::model::bad;
use crate::model::compile::{judge, try_rules};
use crate::model::rule::{Rule, RuleBody};
use crate::service::Edge;
use crate::store::{groups, hosts, rules};

/// What a rule is called that is not stored yet.
const DRAFT: i64 = 0;

/// What would become of a request.
pub(crate) struct Outcome {
    pub(crate) found: Found,
    /// The rule that wins, as it would be.
    pub(crate) rule: Option<Rule>,
    /// The pool it would go to; `None` when the proxy answers by itself, or the pool has no enabled target.
    pub(crate) pool: Option<String>,
}

/// A rule that is being written, and which one it will take the place of.
pub(crate) struct Draft {
    pub(crate) replaces: Option<i64>,
    pub(crate) body: RuleBody,
}

impl Edge {
    pub(crate) async fn try_request(&self, host_id: i64, draft: Option<Draft>, trial: &Trial) -> Result<Outcome> {
        let db = &self.platform.store.state;
        let host = hosts::find(db, host_id).await?.ok_or_else(no_host)?;
        let mut all = rules::list_of(db, host_id).await?;
        if let Some(Draft { replaces, body }) = draft {
            let before = all.iter().position(|rule| Some(rule.id) == replaces).map(|at| all.remove(at));
            let last = all.last().map_or(0, |rule| rule.priority) + 10;
            let priority = body.priority.filter(|p| *p > 0).or(before.map(|rule| rule.priority)).unwrap_or(last);
            let enabled = body.enabled.unwrap_or(true);
            let spec = body.spec(&host.domain)?;
            judge(&host.domain, &spec.action, &spec.matchers).map_err(refused)?;
            let now = self.platform.clock.now();
            all.push(Rule {
                id: replaces.unwrap_or(DRAFT),
                host_id,
                priority,
                name: spec.name,
                enabled,
                action: spec.action,
                matchers: spec.matchers,
                requests_at_once_max: spec.requests_at_once_max,
                created_at: now,
                updated_at: now,
            });
            // Of two with one priority the engine would refuse both: the stored one goes behind.
            all.sort_by_key(|rule| (rule.priority, rule.created_at != now));
            (1_i64..).zip(&mut all).for_each(|(n, rule)| rule.priority = n);
        }
        let targets = groups::targets(db).await?;
        let filled = targets.iter().filter(|target| target.enabled).map(|target| target.group_id).collect();
        let found = try_rules(&host.domain, &all, &filled, trial).map_err(|why| bad("path", why))?;
        let wins = |rule: &Rule| found.rule_id == u64::try_from(rule.id).ok();
        let rule = found.rule_id.and_then(|_| all.into_iter().find(wins));
        let group = match rule.as_ref().map(|rule| &rule.action) {
            None | Some(crate::model::rule::Action::Rewrite { .. }) => Some(host.target_group_id),
            Some(action) => action.group(),
        };
        let group = group.filter(|id| filled.contains(id));
        let pool = groups::list(db).await?.into_iter().find(|pool| Some(pool.id) == group).map(|pool| pool.name);
        Ok(Outcome { found, rule, pool })
    }
}
