//! The sealed columns of this domain, as `argos vault rekey` walks them.

use argos_vault::{RowKey, SealedColumn};

use crate::model::device::Device;
use crate::model::plan::Plan;

argos_store::statements! {
    state;
    DEVICES_AFTER = "power.sealed.devices_after",
        "select id, id, secrets_enc from power_devices where secrets_enc is not null and id > $1 order by id limit $2";
    DEVICES = "power.sealed.devices", "update power_devices set secrets_enc = $1 where id = $2 and secrets_enc = $3";
    PLANS_AFTER = "power.sealed.plans_after",
        "select id, uid, secrets_enc from power_shutdown_plans where secrets_enc is not null and id > $1 order by id limit $2";
    PLANS = "power.sealed.plans", "update power_shutdown_plans set secrets_enc = $1 where id = $2 and secrets_enc = $3";
    RUNS_AFTER = "power.sealed.runs_after",
        "select id, plan_uid, secrets_enc from power_shutdown_runs where secrets_enc is not null and id > $1 order by id limit $2";
    RUNS = "power.sealed.runs", "update power_shutdown_runs set secrets_enc = $1 where id = $2 and secrets_enc = $3";
}

pub(crate) const SEALED: &[SealedColumn] = &[
    SealedColumn { name: "power_devices.secrets_enc", key: RowKey::Text, after: DEVICES_AFTER, reseal: DEVICES, place: Device::aad },
    SealedColumn { name: "power_shutdown_plans.secrets_enc", key: RowKey::Number, after: PLANS_AFTER, reseal: PLANS, place: Plan::aad },
    // A run keeps the secrets of its plan as they were sealed for the plan.
    SealedColumn { name: "power_shutdown_runs.secrets_enc", key: RowKey::Number, after: RUNS_AFTER, reseal: RUNS, place: Plan::aad },
];
