//! `/api/v1/audit/organizations/{org_id}/summary` and `/actions`: what the audit rows of one organization amount to (C.15).
//! Days, weeks and months are UTC's; a week begins on Monday.

use std::collections::{BTreeMap, BTreeSet};

use argos_audit::{Filter, Order, Status};
use argos_kernel::{PageRequest, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::organization_audit::{LogView, log_view};
use crate::service::Identity;

const RECENT: i64 = 10;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/audit/organizations/{org_id}/summary", "organization_audit.summary", "Counts of its audit rows.", summary)
        .reply::<AuditSummary>()
        .get(
            "/api/v1/audit/organizations/{org_id}/actions",
            "organization_audit.actions",
            "What its audit rows can be filtered by.",
            actions,
        )
        .reply::<AuditActions>()
}

#[derive(Serialize, JsonSchema)]
struct AuditSummary {
    total_events: i64,
    events_today: i64,
    events_this_week: i64,
    events_this_month: i64,
    /// This and the next three are of the current month.
    by_action: BTreeMap<String, i64>,
    /// Rows about no object are not counted here.
    by_resource_type: BTreeMap<String, i64>,
    /// By address; by name where the actor has none here.
    by_user: BTreeMap<String, i64>,
    by_status: BTreeMap<String, i64>,
    /// Newest first.
    recent_activity: Vec<LogView>,
}

#[derive(Serialize, JsonSchema)]
struct AuditActions {
    /// What stands before the first dot of an action, with the actions that are stored.
    categories: BTreeMap<String, AuditActionKind>,
    resource_types: BTreeSet<String>,
    statuses: Vec<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct AuditActionKind {
    label: String,
    actions: BTreeSet<String>,
}

/// Where the day, the week and the month of a moment begin.
fn spans(now: Timestamp) -> [Timestamp; 3] {
    let today = now.datetime().date_naive();
    let monday = today.checked_sub_days(Days::new(today.weekday().num_days_from_monday().into())).unwrap_or(today);
    let first = NaiveDate::from_ymd_opt(today.year(), today.month(), 1).unwrap_or(today);
    [today, monday, first]
        .map(|day| DateTime::<Utc>::from_naive_utc_and_offset(day.into(), Utc))
        .map(|at| Timestamp::from_micros(at.timestamp_micros()))
}

/// `api_key` as a person reads it.
fn label(kind: &str) -> String {
    let words = kind.replace('_', " ");
    let mut rest = words.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

async fn summary(identity: Identity, req: Req) -> Result<Reply> {
    let organization = identity.organization_named(&req, req.param("org_id")).await?.organization.id;
    let audit = &identity.0.audit;
    let since = spans(req.cx().now());
    let counts = audit.counts_of(organization, since).await?;
    let emails = identity.emails(organization).await?;
    let [mut by_action, mut by_resource_type, mut by_user, mut by_status] = [const { BTreeMap::new() }; 4];
    for alike in audit.kinds_of(organization, since[2]).await? {
        let email = alike.actor_id.and_then(|id| emails.get(&id).cloned());
        let of = [
            (&mut by_action, Some(alike.action)),
            (&mut by_resource_type, alike.target_type),
            (&mut by_user, Some(email.unwrap_or(alike.actor_name))),
            (&mut by_status, Some(alike.status)),
        ];
        for (map, name) in of {
            if let Some(name) = name {
                *map.entry(name).or_insert(0) += alike.count;
            }
        }
    }
    let filter = Filter { organization_id: Some(organization), ..Filter::default() };
    let recent = audit.slice(&filter, Order::NEWEST, PageRequest { limit: RECENT, offset: 0 }).await?;
    let [events_today, events_this_week, events_this_month] = counts.since;
    Ok(Reply::json(&AuditSummary {
        total_events: counts.all,
        events_today,
        events_this_week,
        events_this_month,
        by_action,
        by_resource_type,
        by_user,
        by_status,
        recent_activity: recent.into_iter().map(|r| log_view(r, &emails)).collect(),
    }))
}

async fn actions(identity: Identity, req: Req) -> Result<Reply> {
    let organization = identity.organization_named(&req, req.param("org_id")).await?.organization.id;
    let mut categories: BTreeMap<String, AuditActionKind> = BTreeMap::new();
    let mut resource_types = BTreeSet::new();
    for alike in identity.0.audit.kinds_of(organization, Timestamp::default()).await? {
        let kind = alike.action.split('.').next().unwrap_or_default().to_owned();
        let fresh = || AuditActionKind { label: label(&kind), actions: BTreeSet::new() };
        categories.entry(kind.clone()).or_insert_with(fresh).actions.insert(alike.action);
        resource_types.extend(alike.target_type);
    }
    let statuses = [Status::Success, Status::Failure, Status::Pending].map(Status::as_str).to_vec();
    Ok(Reply::json(&AuditActions { categories, resource_types, statuses }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_week_and_month_begin_in_utc_and_a_week_on_monday() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        // A Sunday, whose week began in the month before.
        let began = ["2026-03-01T00:00:00Z", "2026-02-23T00:00:00Z", "2026-03-01T00:00:00Z"].map(at);
        assert_eq!(spans(at("2026-03-01T23:59:59Z")), began);
        assert_eq!(spans(at("2026-03-02T00:00:00Z"))[1], at("2026-03-02T00:00:00Z"));
        assert_eq!((label("api_key"), label("")), ("Api key".to_owned(), String::new()));
    }
}
