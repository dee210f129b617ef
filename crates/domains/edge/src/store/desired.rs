//! The wanted state, out of all its tables.

use argos_store::{Database, StoreError};

use super::{delivery, groups, hosts, rules, security};
use crate::model::desired::Desired;

/// Not one moment's view: who needs one compares the revision before and after.
pub(crate) async fn load(db: &Database) -> Result<Desired, StoreError> {
    Ok(Desired {
        groups: groups::list(db).await?,
        targets: groups::targets(db).await?,
        hosts: hosts::list(db).await?,
        rules: rules::list(db).await?,
        security: security::list(db).await?,
        delivery: delivery::list(db).await?,
        obstacles: Vec::new(),
    })
}
