//! What people keep of the pages: `node_positions`, `node_preferences`, `node_config_templates`.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    POSITIONS = "nodes.positions.list", "select node_id, x, y from node_positions where user_id = $1 and view = $2";
    PUT_POSITION = "nodes.positions.put", "insert into node_positions (user_id, view, node_id, x, y) values ($1, $2, $3, $4, $5)
        on conflict (user_id, view, node_id) do update set x = excluded.x, y = excluded.y";
    CLEAR_POSITIONS = "nodes.positions.clear", "delete from node_positions where user_id = $1 and view = $2";
    FORGET_POSITIONS = "nodes.positions.forget", "delete from node_positions where node_id = $1";
    PREFERENCE = "nodes.preferences.get", "select value from node_preferences where user_id = $1 and name = $2";
    PUT_PREFERENCE = "nodes.preferences.put", "insert into node_preferences (user_id, name, value, updated_at) values ($1, $2, $3, $4)
        on conflict (user_id, name) do update set value = excluded.value, updated_at = excluded.updated_at";
    CLEAR_PREFERENCE = "nodes.preferences.clear", "delete from node_preferences where user_id = $1 and name = $2";
    TEMPLATES = "nodes.templates.list", "select id, name, description, category, template, created_by, created_at from node_config_templates
        order by name, id";
    PUT_TEMPLATE = "nodes.templates.put", "insert into node_config_templates (id, name, description, category, template, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do update set name = excluded.name, description = excluded.description,
        category = excluded.category, template = excluded.template";
    DELETE_TEMPLATE = "nodes.templates.delete", "delete from node_config_templates where id = $1";
}

pub(crate) async fn positions(db: &Database, user: i64, view: &str) -> Result<Vec<(String, f64, f64)>, StoreError> {
    let rows = db.query(POSITIONS, args![user, view]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}
/// Writes these; others stay.
pub(crate) async fn put_positions(db: &Database, user: i64, view: &str, all: &[(String, f64, f64)]) -> Result<(), StoreError> {
    let work = all.iter().map(|(node, x, y)| (PUT_POSITION, args![user, view, node, *x, *y])).collect();
    db.batch(work).await.map(drop)
}
pub(crate) async fn clear_positions(db: &Database, user: i64, view: &str) -> Result<(), StoreError> {
    db.exec(CLEAR_POSITIONS, args![user, view]).await.map(drop)
}
pub(crate) async fn forget_positions(tx: &mut Tx, node: &str) -> Result<(), StoreError> {
    tx.exec(FORGET_POSITIONS, args![node]).await.map(drop)
}
pub(crate) async fn preference(db: &Database, user: i64, name: &str) -> Result<Option<String>, StoreError> {
    db.find(PREFERENCE, args![user, name]).await?.map(|row| row.get(0)).transpose()
}
pub(crate) async fn put_preference(db: &Database, user: i64, name: &str, value: &str, at: Timestamp) -> Result<(), StoreError> {
    db.exec(PUT_PREFERENCE, args![user, name, value, at]).await.map(drop)
}
pub(crate) async fn clear_preference(db: &Database, user: i64, name: &str) -> Result<(), StoreError> {
    db.exec(CLEAR_PREFERENCE, args![user, name]).await.map(drop)
}

/// A flow or configuration to start from.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) category: String,
    pub(crate) template: serde_json::Value,
    pub(crate) created_by: String,
    pub(crate) created_at: Timestamp,
}

fn read(row: &argos_store::Row) -> Result<Template, StoreError> {
    let text: String = row.get(4)?;
    Ok(Template {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        category: row.get(3)?,
        template: serde_json::from_str(&text).map_err(|_| StoreError::Column { index: 4, wanted: "JSON" })?,
        created_by: row.get(5)?,
        created_at: row.get(6)?,
    })
}

/// By name, then id.
pub(crate) async fn templates(db: &Database) -> Result<Vec<Template>, StoreError> {
    db.query(TEMPLATES, args![]).await?.iter().map(read).collect()
}
pub(crate) async fn templates_in(tx: &mut Tx) -> Result<Vec<Template>, StoreError> {
    tx.query(TEMPLATES, args![]).await?.iter().map(read).collect()
}
pub(crate) async fn put_template(tx: &mut Tx, t: &Template) -> Result<(), StoreError> {
    let values = args![&t.id, &t.name, &t.description, &t.category, t.template.to_string(), &t.created_by, t.created_at];
    tx.exec(PUT_TEMPLATE, values).await.map(drop)
}
pub(crate) async fn delete_template(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE_TEMPLATE, args![id]).await? == 1)
}
