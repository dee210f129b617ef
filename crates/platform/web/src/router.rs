//! From method and raw path to a route: one `matchit` tree per method.

use std::collections::HashMap;

use http::Method;

use crate::Family;
use crate::query::decode;
use crate::routes::Mounted;

pub(crate) struct Router {
    trees: HashMap<Method, matchit::Router<usize>>,
    pub(crate) routes: Vec<Mounted>,
}

pub(crate) enum Found<'r> {
    Route(&'r Mounted, Vec<(String, String)>),
    /// The path exists for these methods only.
    OtherMethods(String),
    Nothing,
}

impl Router {
    /// Fails on two routes for the same method and path, or one operation name used twice.
    pub(crate) fn new(routes: Vec<Mounted>) -> Result<Self, String> {
        let mut trees: HashMap<Method, matchit::Router<usize>> = HashMap::new();
        let mut names = HashMap::new();
        for (index, route) in routes.iter().enumerate() {
            let tree = trees.entry(route.method.clone()).or_default();
            tree.insert(route.path, index).map_err(|e| format!("{} {}: {e}", route.method, route.path))?;
            if let Some(other) = names.insert(route.operation, route.path) {
                return Err(format!("operation {} names both {other} and {}", route.operation, route.path));
            }
        }
        Ok(Self { trees, routes })
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        // One trailing slash is ignored; segments are decoded once, after matching, so `%2F` stays inside one.
        let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        if let Some(found) = self.at(method, path).or_else(|| self.partial(method, path)) {
            return found;
        }
        let mut allowed: Vec<&str> = self.trees.iter().filter(|(_, t)| t.at(path).is_ok()).map(|(m, _)| m.as_str()).collect();
        if allowed.is_empty() {
            return Found::Nothing;
        }
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        if !allowed.contains(&"PATCH") && self.partial(&Method::PATCH, path).is_some() {
            allowed.push("PATCH");
        }
        allowed.sort_unstable();
        Found::OtherMethods(allowed.join(", "))
    }

    fn at(&self, method: &Method, path: &str) -> Option<Found<'_>> {
        let hit = self.trees.get(method)?.at(path).ok()?;
        let params = hit.params.iter().map(|(n, v)| (n.to_owned(), decode(v, false))).collect();
        self.routes.get(*hit.value).map(|r| Found::Route(r, params))
    }

    /// PUT of the quality routes is a partial update, and PATCH another word for it.
    fn partial(&self, method: &Method, path: &str) -> Option<Found<'_>> {
        let same = (*method == Method::PATCH).then(|| self.at(&Method::PUT, path)).flatten();
        same.filter(|f| matches!(f, Found::Route(route, _) if route.rule.family == Family::Quality))
    }
}
