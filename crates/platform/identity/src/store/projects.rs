//! Rows of `projects` and `project_members`.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::{Map, Value};

use crate::model::permission::OrgRole;
use crate::model::project::{Project, ProjectFields, ProjectMember};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select p.id, p.uid, p.organization_id, o.uid, p.name, p.description, p.app_url, p.codebase_path, p.repository_url,
                    p.settings, p.is_active, p.created_by, p.created_at, p.updated_at
             from projects p join organizations o on o.id = p.organization_id and o.deleted_at is null ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    BY_ID = "identity.projects.by_id", select!("where p.id = $1");
    BY_UID = "identity.projects.by_uid", select!("where p.uid = $1");
    UID_TAKEN = "identity.projects.uid_taken", "select id from projects where uid = $1";
    OF_ORGANIZATION = "identity.projects.of_organization",
        select!("where p.organization_id = $1 and (cast($2 as text) is null or (case when p.is_active = true then 'y' else 'n' end) = $2)
                 order by p.created_at desc, p.id desc limit 10000");
    COUNT = "identity.projects.count", "select count(*) from projects where organization_id = $1";
    INSERT = "identity.projects.insert",
        "insert into projects (uid, organization_id, name, description, app_url, codebase_path, repository_url, settings, is_active,
            created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, true, $9, $10, $10) returning id";
    UPDATE = "identity.projects.update",
        "update projects set name = $1, description = $2, app_url = $3, codebase_path = $4, repository_url = $5, is_active = $6,
            updated_at = $7 where id = $8";
    DELETE = "identity.projects.delete", "delete from projects where id = $1";
    MEMBERS = "identity.projects.members",
        "select u.id, u.uid, u.username, u.display_name, pm.role, pm.added_at
         from project_members pm join users u on u.id = pm.user_id where pm.project_id = $1 order by u.username_key";
    ROLE = "identity.projects.role", "select role from project_members where project_id = $1 and user_id = $2";
    PUT_MEMBER = "identity.projects.put_member",
        "insert into project_members (project_id, user_id, role, added_at) values ($1, $2, $3, $4)
         on conflict (project_id, user_id) do update set role = excluded.role";
    REMOVE_MEMBER = "identity.projects.remove_member", "delete from project_members where project_id = $1 and user_id = $2";
    SETTINGS = "identity.projects.settings", "select settings, secrets_enc, updated_at from projects where id = $1";
    PUT_SETTINGS = "identity.projects.put_settings",
        "update projects set settings = $1, secrets_enc = $2, updated_at = $3 where id = $4";
}

fn read(row: &Row) -> Result<Project, StoreError> {
    let fields = ProjectFields {
        name: row.get(4)?,
        description: row.get(5)?,
        app_url: row.get(6)?,
        codebase_path: row.get(7)?,
        repository_url: row.get(8)?,
    };
    Ok(Project {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        organization_uid: row.get(3)?,
        fields,
        settings: document(&row.get::<String>(9)?, 9)?,
        is_active: row.get(10)?,
        created_by: row.get(11)?,
        created_at: row.get(12)?,
        updated_at: row.get(13)?,
    })
}

fn document(text: &str, index: usize) -> Result<Map<String, Value>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Column { index, wanted: "a JSON object" })
}

/// How a caller names a project.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    Id(i64),
    Uid(Uid),
}

pub(crate) async fn find(db: &Database, by: By) -> Result<Option<Project>, StoreError> {
    let row = match by {
        By::Id(id) => db.find(BY_ID, args![id]).await?,
        By::Uid(uid) => db.find(BY_UID, args![uid]).await?,
    };
    row.as_ref().map(read).transpose()
}

/// Newest first; only active or only inactive ones when asked for.
pub(crate) async fn of_organization(db: &Database, organization_id: i64, is_active: Option<bool>) -> Result<Vec<Project>, StoreError> {
    let active = is_active.map(|yes| if yes { "y" } else { "n" });
    db.query(OF_ORGANIZATION, args![organization_id, active]).await?.iter().map(read).collect()
}

/// All of them, inside a transaction.
pub(crate) async fn of_organization_in(tx: &mut Tx, organization_id: i64) -> Result<Vec<Project>, StoreError> {
    tx.query(OF_ORGANIZATION, args![organization_id, None::<&str>]).await?.iter().map(read).collect()
}

pub(crate) async fn find_in(tx: &mut Tx, uid: Uid) -> Result<Option<Project>, StoreError> {
    tx.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// Also by a project of a deleted organization, until that is purged.
pub(crate) async fn uid_is_taken(tx: &mut Tx, uid: Uid) -> Result<bool, StoreError> {
    Ok(tx.find(UID_TAKEN, args![uid]).await?.is_some())
}

pub(crate) async fn count(tx: &mut Tx, organization_id: i64) -> Result<i64, StoreError> {
    tx.one(COUNT, args![organization_id]).await?.get(0)
}

/// A row to be written.
pub(crate) struct NewProject<'a> {
    pub(crate) uid: Uid,
    pub(crate) organization_id: i64,
    pub(crate) fields: &'a ProjectFields,
    pub(crate) settings: String,
    pub(crate) created_by: &'a str,
    pub(crate) now: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewProject<'_>) -> Result<i64, StoreError> {
    let f = new.fields;
    let args = args![
        new.uid,
        new.organization_id,
        f.name.as_str(),
        f.description.as_deref(),
        f.app_url.as_deref(),
        f.codebase_path.as_deref(),
        f.repository_url.as_deref(),
        new.settings.as_str(),
        new.created_by,
        new.now,
    ];
    tx.one(INSERT, args).await?.get(0)
}

pub(crate) async fn update(tx: &mut Tx, id: i64, f: &ProjectFields, is_active: bool, now: Timestamp) -> Result<bool, StoreError> {
    let args = args![
        f.name.as_str(),
        f.description.as_deref(),
        f.app_url.as_deref(),
        f.codebase_path.as_deref(),
        f.repository_url.as_deref(),
        is_active,
        now,
        id,
    ];
    Ok(tx.exec(UPDATE, args).await? == 1)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}

fn read_member(r: &Row) -> Result<ProjectMember, StoreError> {
    Ok(ProjectMember {
        user_id: r.get(0)?,
        user_uid: r.get(1)?,
        username: r.get(2)?,
        display_name: r.get(3)?,
        role: OrgRole::parse(&r.get::<String>(4)?).ok_or(StoreError::Column { index: 4, wanted: "a project role" })?,
        added_at: r.get(5)?,
    })
}

/// By name.
pub(crate) async fn members(db: &Database, project_id: i64) -> Result<Vec<ProjectMember>, StoreError> {
    db.query(MEMBERS, args![project_id]).await?.iter().map(read_member).collect()
}
/// The same inside a transaction.
pub(crate) async fn members_in(tx: &mut Tx, project_id: i64) -> Result<Vec<ProjectMember>, StoreError> {
    tx.query(MEMBERS, args![project_id]).await?.iter().map(read_member).collect()
}

pub(crate) async fn role_of(db: &Database, project_id: i64, user_id: i64) -> Result<Option<OrgRole>, StoreError> {
    let row = db.find(ROLE, args![project_id, user_id]).await?;
    Ok(row.map(|r| r.get::<String>(0)).transpose()?.as_deref().and_then(OrgRole::parse))
}

pub(crate) async fn put_member(tx: &mut Tx, project_id: i64, user_id: i64, role: OrgRole, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT_MEMBER, args![project_id, user_id, role.as_str(), now]).await.map(drop)
}

pub(crate) async fn remove_member(tx: &mut Tx, project_id: i64, user_id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(REMOVE_MEMBER, args![project_id, user_id]).await? == 1)
}

/// The settings as stored, the sealed secrets, and when either changed.
pub(crate) struct StoredSettings {
    pub(crate) settings: Map<String, Value>,
    pub(crate) secrets_enc: Option<String>,
    pub(crate) updated_at: Timestamp,
}

fn read_settings(r: &Row) -> Result<StoredSettings, StoreError> {
    Ok(StoredSettings { settings: document(&r.get::<String>(0)?, 0)?, secrets_enc: r.get(1)?, updated_at: r.get(2)? })
}

pub(crate) async fn settings(tx: &mut Tx, id: i64) -> Result<Option<StoredSettings>, StoreError> {
    tx.find(SETTINGS, args![id]).await?.as_ref().map(read_settings).transpose()
}

/// The same without a transaction, for readers.
pub(crate) async fn settings_of(db: &Database, id: i64) -> Result<Option<StoredSettings>, StoreError> {
    db.find(SETTINGS, args![id]).await?.as_ref().map(read_settings).transpose()
}

pub(crate) async fn put_settings(
    tx: &mut Tx,
    id: i64,
    settings: &str,
    secrets_enc: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(PUT_SETTINGS, args![settings, secrets_enc, now, id]).await.map(drop)
}
