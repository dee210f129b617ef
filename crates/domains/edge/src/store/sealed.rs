//! The sealed columns of this domain, as `argos vault rekey` walks them.

use argos_vault::{RowKey, SealedColumn};

use crate::certificates::self_signed_aad;

argos_store::statements! {
    state;
    SELF_SIGNED_AFTER = "edge.sealed.self_signed_after",
        "select host_id, cast(host_id as text), key_enc from edge_self_signed where host_id > $1 order by host_id limit $2";
    SELF_SIGNED = "edge.sealed.self_signed", "update edge_self_signed set key_enc = $1 where host_id = $2 and key_enc = $3";
}

pub(crate) const SEALED: &[SealedColumn] = &[SealedColumn {
    name: "edge_self_signed.key_enc",
    key: RowKey::Number,
    after: SELF_SIGNED_AFTER,
    reseal: SELF_SIGNED,
    place: self_signed_aad,
}];
