//! Use cases of pictures: load, decide, write, record, commit.

pub(crate) mod against;
pub(crate) mod audits;
pub(crate) mod baselines;
pub(crate) mod capture;
pub(crate) mod checks;
pub(crate) mod comparing;
pub(crate) mod explain;
pub(crate) mod files;
pub(crate) mod review;
pub(crate) mod shown;
