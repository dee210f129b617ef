//! The sealed columns of this domain, as `argos vault rekey` walks them.

use argos_vault::{RowKey, SealedColumn};

use crate::model::node::{config_place, pending_place, secret_place};
use crate::model::tunnel::secrets_place;

argos_store::statements! {
    state;
    SECRETS_AFTER = "nodes.sealed.secrets_after",
        "select id, id, secret_enc from nodes where secret_enc is not null and id > $1 order by id limit $2";
    SECRETS = "nodes.sealed.secrets", "update nodes set secret_enc = $1 where id = $2 and secret_enc = $3";
    PENDING_AFTER = "nodes.sealed.pending_after",
        "select id, id, pending_secret_enc from nodes where pending_secret_enc is not null and id > $1 order by id limit $2";
    PENDING = "nodes.sealed.pending", "update nodes set pending_secret_enc = $1 where id = $2 and pending_secret_enc = $3";
    TUNNELS_AFTER = "nodes.sealed.tunnels_after", "select id, id, secrets_enc from node_tunnels where id > $1 order by id limit $2";
    TUNNELS = "nodes.sealed.tunnels", "update node_tunnels set secrets_enc = $1 where id = $2 and secrets_enc = $3";
    CONFIGS_AFTER = "nodes.sealed.configs_after", "select id, id, config_enc from node_configs where id > $1 order by id limit $2";
    CONFIGS = "nodes.sealed.configs", "update node_configs set config_enc = $1 where id = $2 and config_enc = $3";
}

pub(crate) const SEALED: &[SealedColumn] = &[
    SealedColumn { name: "nodes.secret_enc", key: RowKey::Text, after: SECRETS_AFTER, reseal: SECRETS, place: secret_place },
    SealedColumn { name: "nodes.pending_secret_enc", key: RowKey::Text, after: PENDING_AFTER, reseal: PENDING, place: pending_place },
    SealedColumn { name: "node_tunnels.secrets_enc", key: RowKey::Text, after: TUNNELS_AFTER, reseal: TUNNELS, place: secrets_place },
    SealedColumn { name: "node_configs.config_enc", key: RowKey::Text, after: CONFIGS_AFTER, reseal: CONFIGS, place: config_place },
];
