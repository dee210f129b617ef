//! The sealed column of explorations, as `argos vault rekey` walks it.

use argos_vault::{RowKey, SealedColumn};

use crate::discovery::model::auth_place;

argos_store::statements! {
    state;
    AUTH_AFTER = "testing.discovery.sealed.auth_after",
        "select id, uid, auth_enc from testing_discoveries where auth_enc is not null and id > $1 order by id limit $2";
    AUTH = "testing.discovery.sealed.auth", "update testing_discoveries set auth_enc = $1 where id = $2 and auth_enc = $3";
}

pub(crate) const SEALED: &[SealedColumn] =
    &[SealedColumn { name: "testing_discoveries.auth_enc", key: RowKey::Number, after: AUTH_AFTER, reseal: AUTH, place: auth_place }];
