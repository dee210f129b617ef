//! How a module declares its routes. The access rule is not written here: it is looked up in the contract, and a
//! route without a line there does not mount.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use argos_kernel::Result;
use http::Method;
use schemars::{JsonSchema, SchemaGenerator};

use crate::access::Access;
use crate::observe::RouteCounters;
use crate::{AccessRule, Reply, Req};

pub(crate) type Handler = Arc<dyn Fn(Req) -> Pin<Box<dyn Future<Output = Result<Reply>> + Send>> + Send + Sync>;
type SchemaFn = fn(&mut SchemaGenerator) -> schemars::Schema;

/// A declared query parameter, for the OpenAPI document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ParamDoc {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
}

/// One declared route with everything that is known of it.
#[derive(Clone)]
pub struct Mounted {
    pub method: Method,
    pub path: &'static str,
    /// `module.verb_noun`, unique; also the label of the route's metrics.
    pub operation: &'static str,
    pub summary: &'static str,
    pub rule: &'static AccessRule,
    pub(crate) handler: Handler,
    pub(crate) body: Option<SchemaFn>,
    pub(crate) reply: Option<(u16, SchemaFn)>,
    pub(crate) params: Vec<ParamDoc>,
    pub(crate) body_limit: usize,
    pub(crate) websocket: bool,
    pub(crate) counters: Arc<RouteCounters>,
}

/// The routes of one module; `S` is what its handlers get besides the request.
pub struct Routes<S = ()> {
    service: S,
    list: Vec<Mounted>,
}

impl Mounted {
    fn new(method: Method, path: &'static str, operation: &'static str, summary: &'static str, handler: Handler) -> Self {
        let Some(rule) = Access::contract().find(&method, path) else {
            // A defect of the build, found by the first start and by every test that mounts the module.
            unmountable(&method, path);
        };
        Self {
            method,
            path,
            operation,
            summary,
            rule,
            handler,
            body: None,
            reply: None,
            params: Vec::new(),
            body_limit: rule.family.body_limit(),
            websocket: false,
            counters: Arc::default(),
        }
    }
}

/// The schema of a type. A release build carries the checked-in document instead: schemas of a thousand types weigh
/// megabytes.
#[cfg(debug_assertions)]
fn schema<T: JsonSchema>() -> Option<SchemaFn> {
    Some(SchemaGenerator::subschema_for::<T>)
}

#[cfg(not(debug_assertions))]
fn schema<T: JsonSchema>() -> Option<SchemaFn> {
    None
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub fn new(service: S) -> Self {
        Self { service, list: Vec::new() }
    }

    fn add<F, Fut>(self, method: Method, path: &'static str, operation: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Fn(S, Req) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        let service = self.service.clone();
        let handler: Handler = Arc::new(move |req| Box::pin(handler(service.clone(), req)));
        self.push(Mounted::new(method, path, operation, summary, handler))
    }

    fn push(mut self, route: Mounted) -> Self {
        self.list.push(route);
        self
    }

    pub fn get<F, Fut>(self, path: &'static str, operation: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Fn(S, Req) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.add(Method::GET, path, operation, summary, handler)
    }
    pub fn post<F, Fut>(self, path: &'static str, operation: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Fn(S, Req) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.add(Method::POST, path, operation, summary, handler)
    }
    pub fn put<F, Fut>(self, path: &'static str, operation: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Fn(S, Req) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.add(Method::PUT, path, operation, summary, handler)
    }
    pub fn patch<F, Fut>(self, path: &'static str, operation: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Fn(S, Req) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.add(Method::PATCH, path, operation, summary, handler)
    }
    pub fn delete<F, Fut>(self, path: &'static str, operation: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Fn(S, Req) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.add(Method::DELETE, path, operation, summary, handler)
    }
    /// A WebSocket route: the handler calls [`Req::websocket`].
    pub fn socket<F, Fut>(self, path: &'static str, operation: &'static str, summary: &'static str, handler: F) -> Self
    where
        F: Fn(S, Req) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.add(Method::GET, path, operation, summary, handler).last(|r| r.websocket = true)
    }

    fn last(mut self, change: impl FnOnce(&mut Mounted)) -> Self {
        if let Some(route) = self.list.last_mut() {
            change(route);
        }
        self
    }
    /// Documents the JSON body of the route declared last.
    #[must_use]
    pub fn body<T: JsonSchema>(self) -> Self {
        self.last(|r| r.body = schema::<T>())
    }
    /// Documents the 200 reply of the route declared last.
    #[must_use]
    pub fn reply<T: JsonSchema>(self) -> Self {
        self.last(|r| r.reply = schema::<T>().map(|schema| (200, schema)))
    }
    /// Documents the 201 reply of the route declared last.
    #[must_use]
    pub fn created<T: JsonSchema>(self) -> Self {
        self.last(|r| r.reply = schema::<T>().map(|schema| (201, schema)))
    }
    /// Documents a query parameter of the route declared last.
    #[must_use]
    pub fn param(self, name: &'static str, about: &'static str) -> Self {
        self.last(|r| r.params.push(ParamDoc { name, about }))
    }
    /// A body limit of its own, in bytes, for the route declared last.
    #[must_use]
    pub fn body_limit(self, bytes: usize) -> Self {
        self.last(|r| r.body_limit = bytes)
    }
    /// Joins the routes of a sub-module with another service.
    #[must_use]
    pub fn join<T>(mut self, other: Routes<T>) -> Self {
        self.list.extend(other.list);
        self
    }
    /// Forgets the service type, ready to be mounted.
    pub fn done(self) -> Routes {
        Routes { service: (), list: self.list }
    }
    pub(crate) fn into_list(self) -> Vec<Mounted> {
        self.list
    }
}

#[expect(clippy::panic, reason = "a route outside the contract is a defect that must not start")]
fn unmountable(method: &Method, path: &str) -> ! {
    panic!("{method} {path} has no line in {}", crate::CONTRACT_PATHS.join(" or "))
}
