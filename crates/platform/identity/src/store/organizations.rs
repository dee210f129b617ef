//! The default organization and its memberships: what every installation has from the first user on.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, StoreError, Tx, args};

use crate::model::permission::OrgRole;

argos_store::statements! {
    state;
    FIND_DEFAULT = "identity.organizations.default", "select id, uid from organizations where is_default = true";
    INSERT_DEFAULT = "identity.organizations.insert_default",
        "insert into organizations (uid, name, slug, is_default, created_at) values ($1, 'Default', 'default', true, $2)
         on conflict (slug) do nothing";
    JOIN = "identity.organizations.join",
        "insert into organization_members (organization_id, user_id, role, joined_at) values ($1, $2, $3, $4)
         on conflict (organization_id, user_id) do update set role = excluded.role";
}

pub(crate) async fn default_id(db: &Database) -> Result<Option<i64>, StoreError> {
    db.find(FIND_DEFAULT, args![]).await?.map(|r| r.get(0)).transpose()
}

/// The default organization, made when it is not there yet.
pub(crate) async fn ensure_default(tx: &mut Tx, uid: Uid, now: Timestamp) -> Result<i64, StoreError> {
    tx.exec(INSERT_DEFAULT, args![uid, now]).await?;
    tx.one(FIND_DEFAULT, args![]).await?.get(0)
}

/// Makes somebody a member, or changes the role of a member.
pub(crate) async fn join(tx: &mut Tx, organization_id: i64, user_id: i64, role: OrgRole, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(JOIN, args![organization_id, user_id, role.as_str(), now]).await.map(drop)
}
