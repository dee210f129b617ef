//! The list of things, filtered, sorted and paged by the database, and its counts.

use argos_store::{Database, StoreError, Value, args};

use super::things::read;
use crate::model::demo::KIND as DEMO;
use crate::model::query::Filter;
use crate::model::scope::Scope;
use crate::model::status::Status;
use crate::model::thing::Thing;

/// $1 kinds and $2 nodes (comma lists), $3 statuses (comma list), $4-$7 text patterns, $8-$9 tag patterns.
macro_rules! filter {
    () => {
        " from things t join thing_texts s on s.thing_id = t.id where t.gone_at is null and ',' || $1 || ',' like '%,' || t.kind || ',%'
          and (cast($2 as text) is null or t.node_uid is null or ',' || $2 || ',' like '%,' || t.node_uid || ',%')
          and (cast($3 as text) is null or ',' || $3 || ',' like '%,' || t.status || ',%')
          and (cast($4 as text) is null or s.text like $4 escape '\\') and (cast($5 as text) is null or s.text like $5 escape '\\')
          and (cast($6 as text) is null or s.text like $6 escape '\\') and (cast($7 as text) is null or s.text like $7 escape '\\')
          and (cast($8 as text) is null or t.tags || t.own_tags like $8 escape '\\')
          and (cast($9 as text) is null or t.tags || t.own_tags like $9 escape '\\')"
    };
}
macro_rules! page {
    ($key:literal, $compare:literal, $order:literal) => {
        concat!(
            "select ",
            thing_columns!(),
            filter!(),
            " and (cast($10 as bigint) is null or (",
            $key,
            ") ",
            $compare,
            " (select ",
            $key,
            " from things t where t.id = $10)) order by ",
            $order,
            " limit $11"
        )
    };
}

argos_store::statements! {
    state;
    BY_STATUS = "inventory.by_status", page!("t.severity_rank, t.name, t.id", ">", "t.severity_rank, t.name, t.id");
    BY_NAME = "inventory.by_name", page!("t.name, t.id", ">", "t.name, t.id");
    BY_KIND = "inventory.by_kind", page!("t.kind, t.name, t.id", ">", "t.kind, t.name, t.id");
    BY_SINCE = "inventory.by_since", page!("t.status_since, t.id", "<", "t.status_since desc, t.id desc");
    COUNTS = "inventory.counts", concat!("select t.kind, t.status, count(*)", filter!(), " group by t.kind, t.status");
}

/// How the list is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Status,
    Name,
    Kind,
    Since,
}

impl Sort {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "status" => Some(Self::Status),
            "name" => Some(Self::Name),
            "kind" => Some(Self::Kind),
            "since" => Some(Self::Since),
            _ => None,
        }
    }
}

fn arguments(scope: &Scope, kinds: &[&str], statuses: &[Status], filter: &Filter) -> Vec<Value> {
    let statuses: Vec<&str> = statuses.iter().map(|s| s.as_str()).collect();
    let text = |n: usize| filter.texts.get(n).map(|t| format!("%{}%", super::escaped(t)));
    let tag = |n: usize| filter.tags.get(n).map(|t| format!("%{}%", super::escaped(&serde_json::Value::from(t.as_str()).to_string())));
    args![
        kinds.join(","),
        scope.nodes.as_ref().map(|n| n.join(",")),
        (!statuses.is_empty()).then(|| statuses.join(",")),
        text(0),
        text(1),
        text(2),
        text(3),
        tag(0),
        tag(1),
    ]
}

/// The kinds the filter leaves of those in scope.
fn wanted<'a>(scope: &'a Scope, filter: &Filter) -> Vec<&'a str> {
    let named = |list: &[String], kind: &str| list.iter().any(|k| k == kind);
    // What is made up is among real things only where it is asked for.
    let asked = |k: &str| if filter.kinds.is_empty() { k != DEMO } else { named(&filter.kinds, k) };
    let keep = |k: &&str| asked(k) && !named(&filter.not_kinds, k);
    scope.kinds.iter().copied().filter(keep).collect()
}

/// One page after the thing with the id `after`.
pub(crate) async fn page(
    db: &Database,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Thing>, StoreError> {
    let stmt = match sort {
        Sort::Status => BY_STATUS,
        Sort::Name => BY_NAME,
        Sort::Kind => BY_KIND,
        Sort::Since => BY_SINCE,
    };
    let mut values = arguments(scope, &wanted(scope, filter), &filter.statuses, filter);
    values.extend(args![after, limit]);
    let mut things = db.query(stmt, values).await?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    things.retain(|t| scope.sees(t));
    Ok(things)
}

/// How many of each kind and status: of everything the texts and tags leave, whatever kinds and statuses are chosen.
/// Made-up things are counted where they are asked for, and then nothing else is.
pub(crate) async fn counts(db: &Database, scope: &Scope, filter: &Filter) -> Result<Vec<(String, Status, i64)>, StoreError> {
    let asked = filter.kinds.iter().any(|k| k == DEMO);
    let kinds: Vec<&str> = scope.kinds.iter().copied().filter(|k| asked == (*k == DEMO)).collect();
    let values = arguments(scope, &kinds, &[], filter);
    db.query(COUNTS, values).await?.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).collect()
}
