//! The sealed columns of this crate, for `argos vault rekey`: what is sealed, for which place, and how a row is written
//! again. A column that is missing here would keep its old key alive for ever.

use argos_vault::{RowKey, SealedColumn};

macro_rules! after {
    ($table:literal, $names:literal, $column:literal) => {
        concat!("select id, ", $names, ", ", $column, " from ", $table, " where ", $column, " is not null and id > $1 order by id limit $2")
    };
}

macro_rules! reseal {
    ($table:literal, $column:literal) => {
        concat!("update ", $table, " set ", $column, " = $1 where id = $2 and ", $column, " = $3")
    };
}

argos_store::statements! {
    state;
    TOTP_AFTER = "identity.sealed.totp_after", after!("users", "uid", "totp_secret_enc");
    TOTP = "identity.sealed.totp", reseal!("users", "totp_secret_enc");
    RECOVERY_AFTER = "identity.sealed.recovery_after", after!("users", "uid", "recovery_enc");
    RECOVERY = "identity.sealed.recovery", reseal!("users", "recovery_enc");
    EPHEMERAL_AFTER = "identity.sealed.ephemeral_after", after!("ephemeral", "kind", "data_enc");
    EPHEMERAL = "identity.sealed.ephemeral", reseal!("ephemeral", "data_enc");
    PROJECTS_AFTER = "identity.sealed.projects_after", after!("projects", "uid", "secrets_enc");
    PROJECTS = "identity.sealed.projects", reseal!("projects", "secrets_enc");
    TOOLS_AFTER = "identity.sealed.tools_after", after!("tool_accounts", "uid", "token_enc");
    TOOLS = "identity.sealed.tools", reseal!("tool_accounts", "token_enc");
    REPLIES_AFTER = "identity.sealed.replies_after", after!("idempotency_keys", "key_hash", "reply_enc");
    REPLIES = "identity.sealed.replies", reseal!("idempotency_keys", "reply_enc");
}

/// Every sealed column of identity.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn {
        name: "users.totp_secret_enc",
        key: RowKey::Number,
        after: TOTP_AFTER,
        reseal: TOTP,
        place: |uid| format!("users.totp_secret_enc:{uid}"),
    },
    SealedColumn {
        name: "users.recovery_enc",
        key: RowKey::Number,
        after: RECOVERY_AFTER,
        reseal: RECOVERY,
        place: |uid| format!("users.recovery_enc:{uid}"),
    },
    SealedColumn {
        name: "ephemeral.data_enc",
        key: RowKey::Number,
        after: EPHEMERAL_AFTER,
        reseal: EPHEMERAL,
        place: |kind| format!("ephemeral.data_enc:{kind}"),
    },
    SealedColumn {
        name: "projects.secrets_enc",
        key: RowKey::Number,
        after: PROJECTS_AFTER,
        reseal: PROJECTS,
        place: |uid| format!("projects.secrets_enc:{uid}"),
    },
    SealedColumn {
        name: "tool_accounts.token_enc",
        key: RowKey::Number,
        after: TOOLS_AFTER,
        reseal: TOOLS,
        place: super::tool_accounts::place_of,
    },
    SealedColumn {
        name: "idempotency_keys.reply_enc",
        key: RowKey::Number,
        after: REPLIES_AFTER,
        reseal: REPLIES,
        place: |key| format!("idempotency_keys.reply_enc:{key}"),
    },
];
