//! The sealed columns of this domain, as `argos vault rekey` walks them.

use argos_store::Stmt;
use argos_vault::{RowKey, SealedColumn};

use crate::certificates::{account_aad, dns_aad, issued_aad, manual_aad, order_aad, self_signed_aad};

argos_store::statements! {
    state;
    SELF_SIGNED_AFTER = "edge.sealed.self_signed_after",
        "select host_id, cast(host_id as text) as place, key_enc from edge_self_signed where host_id > $1 order by host_id limit $2";
    SELF_SIGNED = "edge.sealed.self_signed", "update edge_self_signed set key_enc = $1 where host_id = $2 and key_enc = $3";
    ACCOUNTS_AFTER = "edge.sealed.accounts_after",
        "select id, cast(id as text) as place, key_enc from edge_acme_accounts where key_enc is not null and id > $1 order by id limit $2";
    ACCOUNTS = "edge.sealed.accounts", "update edge_acme_accounts set key_enc = $1 where id = $2 and key_enc = $3";
    ISSUED_AFTER = "edge.sealed.issued_after",
        "select host_id, cast(host_id as text) as place, key_enc from edge_certificates where key_enc is not null and host_id > $1 order by host_id limit $2";
    ISSUED = "edge.sealed.issued", "update edge_certificates set key_enc = $1 where host_id = $2 and key_enc = $3";
    ORDERS_AFTER = "edge.sealed.orders_after",
        "select host_id, cast(host_id as text) as place, key_enc from edge_orders where key_enc is not null and host_id > $1 order by host_id limit $2";
    ORDERS = "edge.sealed.orders", "update edge_orders set key_enc = $1 where host_id = $2 and key_enc = $3";
    MANUAL_AFTER = "edge.sealed.manual_after",
        "select host_id, cast(host_id as text) as place, key_enc from edge_manual_certificates where key_enc is not null and host_id > $1 order by host_id limit $2";
    MANUAL = "edge.sealed.manual", "update edge_manual_certificates set key_enc = $1 where host_id = $2 and key_enc = $3";
    PROVIDERS_AFTER = "edge.sealed.providers_after",
        "select name, cast(name as text) as place, credentials_enc from edge_dns_providers where credentials_enc is not null and name > $1 order by name limit $2";
    PROVIDERS = "edge.sealed.providers", "update edge_dns_providers set credentials_enc = $1 where name = $2 and credentials_enc = $3";
}

/// A column whose key names its place.
const fn column(name: &'static str, key: RowKey, after: Stmt, reseal: Stmt, place: fn(&str) -> String) -> SealedColumn {
    SealedColumn { name, key, after, reseal, place }
}

pub(crate) const SEALED: &[SealedColumn] = &[
    column("edge_acme_accounts.key_enc", RowKey::Text, ACCOUNTS_AFTER, ACCOUNTS, account_aad),
    column("edge_certificates.key_enc", RowKey::Number, ISSUED_AFTER, ISSUED, issued_aad),
    column("edge_dns_providers.credentials_enc", RowKey::Text, PROVIDERS_AFTER, PROVIDERS, dns_aad),
    column("edge_manual_certificates.key_enc", RowKey::Number, MANUAL_AFTER, MANUAL, manual_aad),
    column("edge_orders.key_enc", RowKey::Number, ORDERS_AFTER, ORDERS, order_aad),
    column("edge_self_signed.key_enc", RowKey::Number, SELF_SIGNED_AFTER, SELF_SIGNED, self_signed_aad),
];
