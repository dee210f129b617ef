//! Processes now and in the last five minutes (ops spec C.15).

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};

use super::Host;
use crate::model::processes::{ProcessTick, ProcessView, current};

pub(crate) fn routes(machine: Host) -> Routes<Host> {
    Routes::new(machine)
        .get("/api/processes/current", "host.list_processes", "Processes that use something, hungriest first.", list)
        .reply::<Vec<ProcessView>>()
        .get("/api/system/processes", "host.list_system_processes", "The same as `/api/processes/current`.", list)
        .reply::<Vec<ProcessView>>()
        .get("/api/processes/history", "host.list_process_history", "The hungriest processes of the last ticks.", history)
        .reply::<Vec<ProcessTick>>()
}

async fn list(machine: Host, _: Req) -> Result<Reply> {
    Ok(Reply::json(&current(&machine.newest()?.sample)))
}

async fn history(machine: Host, _: Req) -> Result<Reply> {
    Ok(Reply::json(&machine.process_history()))
}
