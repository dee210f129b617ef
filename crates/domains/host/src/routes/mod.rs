//! The routes of this machine, one file per group.

mod disks;
mod exposition;
mod journal;
mod network;
mod own_process;
mod processes;
mod stats;
mod system;

use std::sync::Arc;

use argos_web::Routes;

use crate::machine::Machine;

pub(crate) type Host = Arc<Machine>;

pub(crate) fn routes(machine: &Host) -> Routes {
    let m = || Arc::clone(machine);
    Routes::new(())
        .join(stats::routes(m()))
        .join(system::routes(m()))
        .join(processes::routes(m()))
        .join(network::routes(m()))
        .join(disks::routes(m()))
        .join(journal::routes(m()))
        .join(exposition::routes(m()))
        .done()
}
