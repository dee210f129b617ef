//! What a script says of a whole page: of the documents in its frames, the innermost first, each with what scripts of the
//! page cannot reach, its closed shadow roots, and what was said of the frames in it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::Value;

use super::Page;
use super::frame::{Frame, Handle, World, value_of};
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::protocol::dom::{CaptureSnapshot, GetFrameOwner, ResolveNode};
use crate::protocol::runtime::{Argument, CallFunctionOn};
use crate::session::Session;

/// Frames within frames that are looked into.
const DEPTH_MAX: usize = 4;
/// Frames of a page that are.
const FRAMES_MAX: usize = 20;
/// Closed shadow roots of a document that are told.
const ROOTS_MAX: usize = 200;

/// One node of each closed shadow root, by the id of its frame.
type Roots = HashMap<String, Vec<i64>>;

impl Page {
    /// How many closed shadow roots its documents have, of which no script says anything, in all processes of its frames.
    ///
    /// # Errors
    /// When one of them says nothing within the limit.
    pub async fn closed_roots(&self, limit: Duration) -> Result<usize, CdpError> {
        let deadline = Deadline::within(limit);
        let (mut roots, mut asked) = (0, HashSet::new());
        for frame in self.frames() {
            let (session, _) = frame.world(World::Isolated, &deadline).await?;
            if asked.insert(session.id().map(str::to_owned)) {
                roots += closed_roots(&session, &deadline).await?.values().map(Vec::len).sum::<usize>();
            }
        }
        Ok(roots)
    }

    /// Calls `function (count, ...given)` in our world of each frame: first of `given` are `count` nodes, at least one in
    /// each closed shadow root of the document, then in turn an element that holds a frame and the text that was said of it, as `each` made it. Frames that
    /// have no document at this moment, or say nothing, are left out; after one that is silent no other is asked.
    ///
    /// # Errors
    /// When the page's own document says nothing within the limit.
    pub async fn tell_whole(&self, function: &str, each: &(dyn Fn(String) -> String + Sync), limit: Duration) -> Result<String, CdpError> {
        let mut teller = Teller { page: self, function, each, deadline: Deadline::within(limit), roots: Roots::new(), frames: 0 };
        teller.tell(self.main_frame(), 0).await
    }
}

struct Teller<'a> {
    page: &'a Page,
    function: &'a str,
    each: &'a (dyn Fn(String) -> String + Sync),
    deadline: Deadline,
    /// Of all frames in the processes that were asked.
    roots: Roots,
    frames: usize,
}

impl Teller<'_> {
    /// Half of what is left: what the page around it says needs time too.
    fn part(&self) -> Deadline {
        Deadline::within(self.deadline.left() / 2)
    }

    async fn tell(&mut self, frame: Frame, depth: usize) -> Result<String, CdpError> {
        let (session, context_id) = frame.world(World::Isolated, &self.deadline).await?;
        let world = Here { session, context_id };
        let part = self.part();
        if !self.roots.contains_key(frame.id()) {
            // Worth no failure: without them the document is told as its own scripts see it.
            let found = closed_roots(&world.session, &part).await.unwrap_or_default();
            self.roots.extend(found);
            self.roots.entry(frame.id().to_owned()).or_default();
        }
        let mut closed = Vec::new();
        for id in self.roots.get(frame.id()).into_iter().flatten().take(ROOTS_MAX) {
            closed.extend(world.node(*id, &part).await);
        }
        let mut inner = Vec::new();
        if depth < DEPTH_MAX {
            for child in self.page.frames() {
                let is_here = child.parent().is_some_and(|parent| parent.id() == frame.id());
                if !is_here || self.frames >= FRAMES_MAX || child.present_world().is_none() {
                    continue;
                }
                self.frames += 1;
                let Some(owner) = world.owner(&child, &self.deadline).await else { continue };
                let part = self.part();
                let whole = std::mem::replace(&mut self.deadline, part);
                let told = Box::pin(self.tell(child, depth + 1)).await;
                self.deadline = whole;
                match told {
                    Ok(text) => inner.push((owner, text)),
                    // Where one is silent others may be, and each takes its part of the time.
                    Err(CdpError::Timeout { .. }) => self.frames = FRAMES_MAX,
                    Err(_) => {}
                }
            }
        }
        world.call(self.function, &closed, &inner, &self.deadline).await.map(self.each)
    }
}

/// A world of a document.
struct Here {
    session: Session,
    context_id: i64,
}

impl Here {
    async fn node(&self, backend_node_id: i64, deadline: &Deadline) -> Option<Handle> {
        let resolve = ResolveNode { backend_node_id: Some(backend_node_id), execution_context_id: Some(self.context_id) };
        let object_id = self.session.call_within(&resolve, deadline.left()).await.ok()?.object.object_id?;
        Some(Handle { session: self.session.clone(), object_id, context_id: self.context_id })
    }

    /// The element that holds a frame.
    async fn owner(&self, frame: &Frame, deadline: &Deadline) -> Option<Handle> {
        let which = GetFrameOwner { frame_id: frame.id().to_owned() };
        let owner = self.session.call_within(&which, deadline.left()).await.ok()?;
        self.node(owner.backend_node_id, deadline).await
    }

    async fn call(&self, function: &str, closed: &[Handle], inner: &[(Handle, String)], deadline: &Deadline) -> Result<String, CdpError> {
        let object = |handle: &Handle| Argument::ObjectId(handle.object_id.clone());
        let mut arguments = vec![Argument::Value(closed.len().into())];
        arguments.extend(closed.iter().map(object));
        arguments.extend(inner.iter().flat_map(|(owner, text)| [object(owner), Argument::Value(text.clone().into())]));
        let call = CallFunctionOn {
            function_declaration: function.to_owned(),
            return_by_value: true,
            await_promise: true,
            arguments: Some(arguments),
            execution_context_id: Some(self.context_id),
            ..CallFunctionOn::default()
        };
        value_of("Runtime.callFunctionOn", self.session.call_within(&call, deadline.left()).await?)
    }
}

/// One node of each closed shadow root in all documents of a process.
async fn closed_roots(session: &Session, deadline: &Deadline) -> Result<Roots, CdpError> {
    let capture = CaptureSnapshot { computed_styles: Vec::new(), include_paint_order: false, include_dom_rects: false };
    Ok(roots_of(&session.call_within(&capture, deadline.left()).await?))
}

/// Elements beside those with a name of their own making that may hold a shadow root.
const PLAIN_HOSTS: [&str; 18] = [
    "ARTICLE",
    "ASIDE",
    "BLOCKQUOTE",
    "BODY",
    "DIV",
    "FOOTER",
    "H1",
    "H2",
    "H3",
    "H4",
    "H5",
    "H6",
    "HEADER",
    "MAIN",
    "NAV",
    "P",
    "SECTION",
    "SPAN",
];

/// Reads them from the protocol's packed form, where texts are numbers of a table and rare ones name their nodes. Each node in
/// a closed root bears its mark: told are those whose parent bears none, and those in an element that may hold a root of its own.
/// Of a plain element within a closed root nobody can say whether what is in it is in a root of it, so they come last.
fn roots_of(snapshot: &Value) -> Roots {
    let place = |number: &Value| usize::try_from(number.as_u64()?).ok();
    let text = |number: &Value| snapshot["strings"].get(place(number)?)?.as_str();
    let mut roots = Roots::new();
    for document in snapshot["documents"].as_array().into_iter().flatten() {
        let nodes = &document["nodes"];
        let marks = [&nodes["shadowRootType"]["index"], &nodes["shadowRootType"]["value"]].map(|list| list.as_array());
        let [Some(places), Some(kinds)] = marks else { continue };
        let marked: Vec<usize> =
            places.iter().zip(kinds).filter(|(_, kind)| text(kind) == Some("closed")).filter_map(|(at, _)| place(at)).collect();
        let bears: HashSet<usize> = marked.iter().copied().collect();
        let mut hosts = HashSet::new();
        let (mut sure, mut likely) = (Vec::new(), Vec::new());
        for node in marked {
            let Some(host) = nodes["parentIndex"].get(node).and_then(place) else { continue };
            let name = nodes["nodeName"].get(host).and_then(text).unwrap_or_default();
            let found = match (bears.contains(&host), name.contains('-')) {
                (false, _) | (_, true) => &mut sure,
                _ if PLAIN_HOSTS.contains(&name.to_ascii_uppercase().as_str()) => &mut likely,
                _ => continue,
            };
            if hosts.insert(host) {
                found.extend(nodes["backendNodeId"].get(node).and_then(Value::as_i64));
            }
        }
        if let Some(frame) = text(&document["frameId"]) {
            roots.entry(frame.to_owned()).or_default().extend(sure.into_iter().chain(likely));
        }
    }
    roots
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn one_node_of_each_closed_root_is_found_by_its_frame() {
        // body > x-a > (b > i, div > i, x-b > (u, u)), body > x-c > (open: b); the other frame has a root of a plain element.
        let nodes = json!({
            "nodeName": [2, 3, 4, 4, 3, 4, 4, 3, 4, 7, 4],
            "parentIndex": [-1, 0, 1, 2, 1, 4, 4, 0, 7, 1, 9],
            "backendNodeId": [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 30],
            "shadowRootType": { "index": [2, 3, 9, 10, 4, 5, 6, 8], "value": [6, 6, 6, 6, 6, 6, 6, 5] },
        });
        let other = json!({ "nodeName": [2, 4], "parentIndex": [-1, 0], "backendNodeId": [20, 21], "shadowRootType": { "index": [1, 9], "value": [6, 6] } });
        let snapshot = json!({
            "strings": ["one", "two", "BODY", "X-A", "B", "open", "closed", "DIV"],
            "documents": [{ "frameId": 0, "nodes": nodes }, { "frameId": 1, "nodes": other }],
        });
        let roots = roots_of(&snapshot);
        assert_eq!((roots["one"].as_slice(), roots["two"].as_slice(), roots.len()), (&[12, 15, 30][..], &[21][..], 2));
    }

    proptest! {
        #[test]
        fn any_snapshot_is_read(numbers in prop::collection::vec(-3_i64..6, 10), text in ".{0,4}") {
            let [a, b, c, d, e, f, g, h, i, j] = *numbers.first_chunk::<10>().unwrap();
            let marks = json!({ "index": [c, d], "value": [e, text] });
            let nodes = json!({ "backendNodeId": [a, b], "parentIndex": [i, j], "nodeName": [i, text], "shadowRootType": marks });
            let snapshot = json!({ "strings": ["closed", f], "documents": [{ "frameId": g, "nodes": nodes }, h, { "nodes": [] }] });
            let found = roots_of(&snapshot);
            prop_assert!(found.values().flatten().all(|id| *id == a || *id == b));
        }
    }
}
