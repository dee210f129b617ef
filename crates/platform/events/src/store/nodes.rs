//! SQL of the event list of the nodes: what nodes sent, and what the system says about itself. It must never show a
//! node outside the caller's scope, nor an event of an organization.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, Value, args};

use crate::event::{Acknowledger, Event};
use crate::filter::escaped;

/// $1 node, $2 severities (comma list), $3 kind, $4 text pattern, $5 from, $6 to, $7 1 = acknowledged, $8 ids below,
/// $9 flow, $10 error code, $11 input, $12 output, $13 nodes in scope (comma list), $14 ids (comma list).
macro_rules! filter {
    ($before:literal, $after:literal) => {
        concat!(
            " where organization_id is null and (source = 'nodes' or (source = 'platform' and kind like 'system.%'))
              and (cast($1 as text) is null or node_uid = $1)
              and (cast($2 as text) is null or ',' || $2 || ',' like '%,' || severity || ',%')
              and (cast($3 as text) is null or kind = $3)
              and (cast($4 as text) is null or lower(message) like lower($4) escape '\\' or lower(kind) like lower($4) escape '\\'
                   or severity like lower($4) escape '\\' or lower(coalesce(node_uid, '')) like lower($4) escape '\\'
                   or lower(coalesce(subject_name, '')) like lower($4) escape '\\')
              and (cast($5 as bigint) is null or created_at >= $5) and (cast($6 as bigint) is null or created_at <= $6)
              and (cast($7 as bigint) is null or (case when acknowledged_at is null then 0 else 1 end) = $7)
              and (cast($8 as bigint) is null or id < $8)
              and (cast($9 as text) is null or ",
            $before,
            "flow_id",
            $after,
            " = $9)
              and (cast($10 as text) is null or ",
            $before,
            "error_code",
            $after,
            " = $10)
              and (cast($11 as text) is null or ",
            $before,
            "input_id",
            $after,
            " = $11)
              and (cast($12 as text) is null or ",
            $before,
            "output_id",
            $after,
            " = $12)
              and (cast($13 as text) is null or node_uid is null or ',' || $13 || ',' like '%,' || node_uid || ',%')
              and (cast($14 as text) is null or ',' || $14 || ',' like '%,' || cast(id as text) || ',%')"
        )
    };
}
macro_rules! lite {
    ($first:literal, $last:literal) => {
        concat!($first, filter!("json_extract(data_json, '$.", "')"), $last)
    };
    (columns $last:literal) => {
        concat!("select ", columns!(), " from events", filter!("json_extract(data_json, '$.", "')"), $last)
    };
}
macro_rules! pg {
    ($first:literal, $last:literal) => {
        concat!($first, filter!("(cast(data_json as jsonb) ->> '", "')"), $last)
    };
    (columns $last:literal) => {
        concat!("select ", columns!(), " from events", filter!("(cast(data_json as jsonb) ->> '", "')"), $last)
    };
}

argos_store::statements! {
    state;
    LIST = "events.node_list",
        sqlite lite!(columns " order by created_at desc, id desc limit $15 offset $16"),
        postgres pg!(columns " order by created_at desc, id desc limit $15 offset $16");
    COUNT = "events.node_count",
        sqlite lite!("select count(*) from events", ""),
        postgres pg!("select count(*) from events", "");
    ACK = "events.node_ack",
        sqlite lite!("update events set acknowledged_by = $15, acknowledged_by_uid = $16, acknowledged_at = $17", " and acknowledged_at is null"),
        postgres pg!("update events set acknowledged_by = $15, acknowledged_by_uid = $16, acknowledged_at = $17", " and acknowledged_at is null");
}

/// Which of them are wanted; `None` = any.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeFilter {
    pub(crate) node: Option<String>,
    /// Canonical words.
    pub(crate) severities: Vec<&'static str>,
    pub(crate) kind: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) acknowledged: Option<bool>,
    pub(crate) before_id: Option<i64>,
    pub(crate) flow: Option<String>,
    pub(crate) error_code: Option<String>,
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
    /// Node uids in scope; `None` = every node.
    pub(crate) nodes: Option<std::sync::Arc<[String]>>,
    pub(crate) ids: Option<Vec<i64>>,
}

impl NodeFilter {
    fn args(&self) -> Vec<Value> {
        args![
            self.node.clone(),
            (!self.severities.is_empty()).then(|| self.severities.join(",")),
            self.kind.clone(),
            self.text.as_deref().map(|t| format!("%{}%", escaped(t))),
            self.from,
            self.to,
            self.acknowledged.map(i64::from),
            self.before_id,
            self.flow.clone(),
            self.error_code.clone(),
            self.input.clone(),
            self.output.clone(),
            self.nodes.as_ref().map(|n| n.join(",")),
            self.ids.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
        ]
    }
}

/// One page, newest first.
pub(crate) async fn list(db: &Database, filter: &NodeFilter, limit: i64, offset: i64) -> Result<Vec<Event>, StoreError> {
    let mut values = filter.args();
    values.extend(args![limit, offset]);
    let mut page = db.query(LIST, values).await?.iter().map(Event::read).collect::<Result<Vec<_>, _>>()?;
    // `like` reads wildcards in a node's uid; the scope is a matter of access, so it is judged exactly once more.
    page.retain(|e| filter.nodes.as_ref().zip(e.node_uid.as_ref()).is_none_or(|(nodes, node)| nodes.contains(node)));
    Ok(page)
}
pub(crate) async fn count(db: &Database, filter: &NodeFilter) -> Result<i64, StoreError> {
    db.one(COUNT, filter.args()).await?.get(0)
}
/// Acknowledges those nobody has; how many.
pub(crate) async fn ack(tx: &mut Tx, filter: &NodeFilter, by: &Acknowledger<'_>, at: Timestamp) -> Result<u64, StoreError> {
    let mut values = filter.args();
    values.extend(args![by.name, by.uid, at]);
    tx.exec(ACK, values).await
}
