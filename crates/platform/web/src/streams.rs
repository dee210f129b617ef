//! How many streams one caller holds open here: SSE and WebSockets live long, so the rate of opening them says nothing
//! about how many there are. Counted per process, each giving its part of the limit; a place is free again when its stream
//! ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argos_kernel::{AppError, Result};

use crate::admission::principal;
use crate::{Caller, ClientInfo};

/// Platform spec 3.3.
const PER_USER: u32 = 100;
const PER_USER_OF_LOGS: u32 = 3;
const PER_ORGANIZATION: u32 = 20;
/// What a refused client may wait.
const RETRY_S: u64 = 30;

/// Streams open now, by what they are counted under.
#[derive(Clone, Default)]
pub(crate) struct OpenStreams {
    held: Arc<Mutex<HashMap<String, u32>>>,
    /// Processes that share every limit; 0 = not told yet, so alone.
    processes: Arc<AtomicU32>,
}

/// The place of one open stream.
pub(crate) struct StreamPlace {
    open: OpenStreams,
    counted: Vec<String>,
}

impl OpenStreams {
    pub(crate) fn share(&self, processes: u32) {
        self.processes.store(processes, Ordering::Relaxed);
    }

    /// A place for a stream of this caller; 429 when it has as many as it may.
    pub(crate) fn take(&self, caller: &Caller, client: &ClientInfo, path: &str) -> Result<StreamPlace> {
        let who = caller.user_id.map_or_else(|| principal(caller, client), |id| format!("user:{id}"));
        let mut wanted = Vec::new();
        if path == "/api/logs/stream" {
            wanted.push((format!("logs:{who}"), PER_USER_OF_LOGS, "log streams"));
        }
        // A key of an organization acts for it alone.
        if let (Some(_), [own]) = (caller.api_key_id, &*caller.memberships) {
            wanted.push((format!("organization:{}", own.organization_id), PER_ORGANIZATION, "streams in this organization"));
        }
        wanted.push((who, PER_USER, "streams"));
        let processes = self.processes.load(Ordering::Relaxed).max(1);
        for (_, most, _) in &mut wanted {
            *most = most.div_ceil(processes);
        }
        let mut open = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, most, what)) = wanted.iter().find(|(key, most, _)| open.get(key).is_some_and(|n| n >= most)) {
            let error = AppError::rate_limited(format!("Too many open {what}: at most {most}"), RETRY_S);
            return Err(error.code("too_many_streams").with("limit", *most));
        }
        let counted: Vec<String> = wanted.into_iter().map(|(key, _, _)| key).collect();
        for key in &counted {
            *open.entry(key.clone()).or_default() += 1;
        }
        Ok(StreamPlace { open: self.clone(), counted })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.open.held.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.counted {
            if let Some(n) = open.get_mut(key) {
                *n -= 1;
                if *n == 0 {
                    open.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Membership;

    fn client() -> ClientInfo {
        ClientInfo { ip: None, xff_chain: None, https: false, host: String::new(), user_agent: None }
    }

    #[test]
    fn user_holds_a_hundred_streams_and_three_of_logs_and_gets_a_place_back_when_one_ends() {
        let (open, ada) = (OpenStreams::default(), Caller { user_id: Some(1), ..Caller::anonymous() });
        let take = |path: &str| open.take(&ada, &client(), path);
        let mut logs: Vec<StreamPlace> = (0..3).map(|_| take("/api/logs/stream").unwrap()).collect();
        let refused = take("/api/logs/stream").err().unwrap();
        assert_eq!((refused.kind().status(), refused.message()), (429, "Too many open log streams: at most 3"));
        let rest: Vec<StreamPlace> = (0..97).map(|_| take("/api/stream").unwrap()).collect();
        assert!(take("/api/stream").is_err());
        let bob = Caller { user_id: Some(2), ..Caller::anonymous() };
        assert!(open.take(&bob, &client(), "/api/stream").is_ok(), "another user has places of their own");
        logs.pop();
        assert!(take("/api/logs/stream").is_ok());
        drop((logs, rest));
        assert!(open.held.lock().unwrap().is_empty(), "nothing is kept of who left");
    }

    #[test]
    fn limit_is_divided_by_the_processes_that_share_it() {
        let (open, ada) = (OpenStreams::default(), Caller { user_id: Some(1), ..Caller::anonymous() });
        open.share(3);
        // Each time they are held together and given back.
        let places = |path: &str| (0..200).map_while(|_| open.take(&ada, &client(), path).ok()).collect::<Vec<_>>().len();
        assert_eq!((places("/api/stream"), places("/api/logs/stream")), (34, 1), "100 and 3 by three, rounded up");
    }

    #[test]
    fn keys_of_one_organization_share_twenty() {
        let open = OpenStreams::default();
        let organization_uid = argos_kernel::Uid::mint(&argos_kernel::SystemClock, &argos_kernel::SeededRng::new(1));
        let (grants, somewhere) = (crate::Grants::default(), crate::Grants::default());
        let member = Membership { organization_id: 0, organization_uid, is_default: false, role: "viewer", grants, somewhere };
        let of = |organization_id: i64, key: i64| Caller {
            user_id: Some(key),
            api_key_id: Some(key),
            memberships: Arc::from([Membership { organization_id, ..member.clone() }]),
            ..Caller::anonymous()
        };
        let held: Vec<StreamPlace> = (0..20).map(|n| open.take(&of(7, n), &client(), "/api/stream").unwrap()).collect();
        assert!(open.take(&of(7, 99), &client(), "/api/stream").is_err());
        assert!(open.take(&of(8, 99), &client(), "/api/stream").is_ok());
        drop(held);
        assert!(open.take(&of(7, 99), &client(), "/api/stream").is_ok());
    }
}
