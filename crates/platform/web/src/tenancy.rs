//! In which organization a request acts, for crates that stand below the one that knows. It must never guess: who may
//! not, or says nothing usable, gets the documented error.

use argos_kernel::{Result, Uid};

use crate::{BoxFuture, Req};

/// A project the caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectRef {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
}

/// Knows organizations and projects.
pub trait Organizations: Send + Sync + 'static {
    /// The id of the organization a request acts in; the permission of its route is judged there.
    fn organization_of<'a>(&'a self, req: &'a Req) -> BoxFuture<'a, Result<i64>>;
    /// The id of an organization by number, uid or `default`; 404 unless the caller may see it, 403 unless it holds the
    /// permission of the route there.
    fn organization_named<'a>(&'a self, req: &'a Req, text: &'a str) -> BoxFuture<'a, Result<i64>>;
    /// A project by number or uid; 404 unless the caller may see it, 403 unless it holds the permission of the route there.
    fn project_named<'a>(&'a self, req: &'a Req, text: &'a str) -> BoxFuture<'a, Result<ProjectRef>>;
    /// The public id of an organization; `None` when there is no such organization.
    fn uid_of(&self, organization: i64) -> BoxFuture<'_, Result<Option<Uid>>>;
    /// The projects of an organization: how stored numbers are shown.
    fn projects_of(&self, organization: i64) -> BoxFuture<'_, Result<Vec<ProjectRef>>>;
}
