//! Rows of `organization_members`: places that are taken, and places that wait for an invitation to be accepted.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::organization::{Member, MemberStatus};
use crate::model::permission::OrgRole;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select m.id, m.uid, m.organization_id, m.user_id, u.uid, u.username, u.display_name, coalesce(u.email, m.email), m.role,
                    m.status, m.invited_by, m.invited_at, m.accepted_at, m.created_at
             from organization_members m left join users u on u.id = m.user_id ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    LIST = "identity.members.list", select!("where m.organization_id = $1 order by m.created_at, m.id limit 10000");
    BY_UID = "identity.members.by_uid", select!("where m.organization_id = $1 and (m.uid = $2 or u.uid = $2)");
    BY_ID = "identity.members.by_id", select!("where m.organization_id = $1 and u.id = $2");
    BY_EMAIL = "identity.members.by_email",
        select!("where m.organization_id = $1 and (m.email = $2 or lower(u.email) = $2) and m.status <> 'suspended' limit 1");
    // The organizations somebody belongs to, and in which of their projects with which role.
    OF_USER = "identity.members.of_user",
        "select o.id, o.uid, o.is_default, m.role, null from organization_members m join organizations o on o.id = m.organization_id
         where m.user_id = $1 and m.status = 'active' and o.deleted_at is null
         union all
         select o.id, o.uid, o.is_default, m.role, pm.role from project_members pm join projects p on p.id = pm.project_id
         join organizations o on o.id = p.organization_id
         join organization_members m on m.organization_id = o.id and m.user_id = pm.user_id
         where pm.user_id = $1 and m.status = 'active' and o.deleted_at is null";
    ROLE = "identity.members.role",
        "select m.role from organization_members m join organizations o on o.id = m.organization_id
         where m.organization_id = $1 and m.user_id = $2 and m.status = 'active' and o.deleted_at is null";
    JOIN = "identity.members.join",
        "insert into organization_members (uid, organization_id, user_id, role, status, accepted_at, created_at)
         values ($1, $2, $3, $4, 'active', $5, $5)
         on conflict (organization_id, user_id) do update set role = excluded.role";
    INVITE = "identity.members.invite",
        "insert into organization_members (uid, organization_id, email, role, status, invited_by, invited_at, created_at)
         values ($1, $2, $3, $4, 'pending', $5, $6, $6) returning id";
    ACCEPT = "identity.members.accept",
        "update organization_members set user_id = $1, status = 'active', accepted_at = $2 where id = $3 and status = 'pending'";
    SET_ROLE = "identity.members.set_role", "update organization_members set role = $1 where id = $2";
    REMOVE = "identity.members.remove", "delete from organization_members where id = $1";
    LEAVE_PROJECTS = "identity.members.leave_projects",
        "delete from project_members where user_id = $1
            and project_id in (select p.id from projects p where p.organization_id = $2)";
    OTHER_OWNERS = "identity.members.other_owners",
        sqlite "select id from organization_members where organization_id = $1 and role = 'owner' and status = 'active'",
        postgres "select id from organization_members where organization_id = $1 and role = 'owner' and status = 'active' for update";
}

fn read(row: &Row) -> Result<Member, StoreError> {
    Ok(Member {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        user_id: row.get(3)?,
        user_uid: row.get(4)?,
        username: row.get(5)?,
        display_name: row.get(6)?,
        email: row.get(7)?,
        role: role(&row.get::<String>(8)?, 8)?,
        status: MemberStatus::parse(&row.get::<String>(9)?),
        invited_by: row.get(10)?,
        invited_at: row.get(11)?,
        accepted_at: row.get(12)?,
        created_at: row.get(13)?,
    })
}

fn role(word: &str, index: usize) -> Result<OrgRole, StoreError> {
    OrgRole::parse(word).ok_or(StoreError::Column { index, wanted: "an organization role" })
}

/// Oldest first.
pub(crate) async fn list(db: &Database, organization_id: i64) -> Result<Vec<Member>, StoreError> {
    db.query(LIST, args![organization_id]).await?.iter().map(read).collect()
}

/// The same inside a transaction.
pub(crate) async fn list_in(tx: &mut Tx, organization_id: i64) -> Result<Vec<Member>, StoreError> {
    tx.query(LIST, args![organization_id]).await?.iter().map(read).collect()
}

/// By the uid of the user or of the membership.
pub(crate) async fn by_uid(tx: &mut Tx, organization_id: i64, uid: Uid) -> Result<Option<Member>, StoreError> {
    tx.find(BY_UID, args![organization_id, uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn by_user(tx: &mut Tx, organization_id: i64, user_id: i64) -> Result<Option<Member>, StoreError> {
    tx.find(BY_ID, args![organization_id, user_id]).await?.as_ref().map(read).transpose()
}

/// A taken or waiting place of this address, given in lower case.
pub(crate) async fn by_email(tx: &mut Tx, organization_id: i64, email: &str) -> Result<Option<Member>, StoreError> {
    tx.find(BY_EMAIL, args![organization_id, email]).await?.as_ref().map(read).transpose()
}

/// One line of somebody's standing: an organization with the role there, and the role in one project of it.
pub(crate) struct Standing {
    pub(crate) organization_id: i64,
    pub(crate) organization_uid: Uid,
    pub(crate) is_default: bool,
    pub(crate) role: OrgRole,
    pub(crate) project_role: Option<OrgRole>,
}

pub(crate) async fn standing_of(db: &Database, user_id: i64) -> Result<Vec<Standing>, StoreError> {
    let rows = db.query(OF_USER, args![user_id]).await?;
    rows.iter()
        .map(|r| {
            Ok(Standing {
                organization_id: r.get(0)?,
                organization_uid: r.get(1)?,
                is_default: r.get(2)?,
                role: role(&r.get::<String>(3)?, 3)?,
                project_role: r.get::<Option<String>>(4)?.as_deref().and_then(OrgRole::parse),
            })
        })
        .collect()
}

/// The role of an active member of an organization that is not deleted.
pub(crate) async fn role_of(db: &Database, organization_id: i64, user_id: i64) -> Result<Option<OrgRole>, StoreError> {
    let row = db.find(ROLE, args![organization_id, user_id]).await?;
    row.map(|r| role(&r.get::<String>(0)?, 0)).transpose()
}

/// Makes somebody a member, or changes the role of a member.
pub(crate) async fn join(
    tx: &mut Tx,
    uid: Uid,
    organization_id: i64,
    user_id: i64,
    role: OrgRole,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(JOIN, args![uid, organization_id, user_id, role.as_str(), now]).await.map(drop)
}

/// Keeps a place for somebody who has not accepted yet.
pub(crate) async fn invite(
    tx: &mut Tx,
    uid: Uid,
    organization_id: i64,
    email: &str,
    role: OrgRole,
    by: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    tx.one(INVITE, args![uid, organization_id, email, role.as_str(), by, now]).await?.get(0)
}

/// Gives the kept place to a user; false when it is no longer kept.
pub(crate) async fn accept(tx: &mut Tx, id: i64, user_id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(ACCEPT, args![user_id, now, id]).await? == 1)
}

pub(crate) async fn set_role(tx: &mut Tx, id: i64, role: OrgRole) -> Result<(), StoreError> {
    tx.exec(SET_ROLE, args![role.as_str(), id]).await.map(drop)
}

/// Removes a place, and the person from the organization's projects.
pub(crate) async fn remove(tx: &mut Tx, member: &Member) -> Result<(), StoreError> {
    tx.exec(REMOVE, args![member.id]).await?;
    if let Some(user_id) = member.user_id {
        tx.exec(LEAVE_PROJECTS, args![user_id, member.organization_id]).await?;
    }
    Ok(())
}

/// Whether an owner other than this membership is left. On PostgreSQL the owners stay locked until the end of `tx`.
pub(crate) async fn other_owner_exists(tx: &mut Tx, organization_id: i64, member_id: i64) -> Result<bool, StoreError> {
    for row in &tx.query(OTHER_OWNERS, args![organization_id]).await? {
        if row.get::<i64>(0)? != member_id {
            return Ok(true);
        }
    }
    Ok(false)
}
