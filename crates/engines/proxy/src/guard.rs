//! Whether a request goes on: the redirect to https, who may come, limits, filters, and who it is.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderValue;

use crate::answer::Refusal;
use crate::auth::{Admittance, Identity};
use crate::filter::{Filter, Inspection, Reply, Verdict};
use crate::limit::{Slot, Slots};
use crate::placeholder::push_query;
use crate::report::Outcome;
use crate::request::Facts;
use crate::snapshot::Host;

/// Comes before every restriction: it must reach everybody.
pub(crate) fn redirect_to_https(host: &Host, facts: &Facts<'_>) -> Result<(), Box<Refusal>> {
    if facts.tls || !host.redirect_to_https {
        return Ok(());
    }
    let mut location = format!("https://{}{}", facts.host, facts.raw_path);
    push_query(&mut location, facts.query);
    Err(redirect(StatusCode::PERMANENT_REDIRECT, &location))
}

pub(crate) fn redirect(status: StatusCode, location: &str) -> Box<Refusal> {
    match HeaderValue::from_str(location) {
        Ok(location) => Refusal::reply(Reply::redirect(status, location), Outcome::Answered),
        Err(_) => Refusal::bad_request("bad address\n"),
    }
}

pub(crate) fn take_slot(slots: Option<&Arc<Slots>>) -> Result<Option<Slot>, Box<Refusal>> {
    let Some(slots) = slots else { return Ok(None) };
    let busy = || Refusal::text(StatusCode::SERVICE_UNAVAILABLE, Outcome::Busy, "too many requests at one time\n").retry_after(1);
    slots.take().map(Some).ok_or_else(busy)
}

/// Admission by address, then the rate limit, then a place among the requests in progress.
pub(crate) fn admit(host: &Host, facts: &Facts<'_>) -> Result<Option<Slot>, Box<Refusal>> {
    if let Some(admission) = &host.admission
        && !admission.ranges.iter().any(|range| range.contains(facts.client))
    {
        return Err(Refusal::reply(Reply::text(StatusCode::FORBIDDEN, admission.refusal.clone()), Outcome::NotAdmitted));
    }
    if let Some(limiter) = &host.limiter
        && let Err(wait) = limiter.admit(facts, Instant::now())
    {
        let refusal = Refusal::text(limiter.limit.status, Outcome::RateLimited, "too many requests\n");
        return Err(refusal.retry_after(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)));
    }
    take_slot(host.slots.as_ref())
}

/// Asks filters in their order, each with as much of the body as it wanted; the first that refuses has the last word.
pub(crate) async fn inspect(asked: &[(&Arc<dyn Filter>, usize)], facts: &Facts<'_>, body: &Bytes) -> Result<(), Box<Refusal>> {
    for (filter, wanted) in asked {
        let verdict = match filter.inspect(facts, &body.slice(..body.len().min(*wanted))) {
            Inspection::Now(verdict) => verdict,
            Inspection::Later(pending) => pending.await,
        };
        if let Verdict::Refuse(reply) = verdict {
            return Err(Refusal::reply(reply, Outcome::Filtered));
        }
    }
    Ok(())
}

/// Asks the owner who this is, unless it said so a moment ago.
pub(crate) async fn authenticate(host: &Host, facts: &Facts<'_>) -> Result<Identity, Box<Refusal>> {
    let Some(auth) = &host.forward_auth else { return Ok(Identity::new()) };
    let remembered = auth.cache().zip(auth.credential(facts.headers));
    if let Some((cache, credential)) = remembered
        && let Some(identity) = cache.find(host.id, credential, Instant::now())
    {
        return Ok(identity);
    }
    let asked = remembered.map(|(cache, credential)| (cache, credential, cache.evictions()));
    match auth.decide(facts).await {
        Admittance::Admit(identity) => {
            if let Some((cache, credential, evictions)) = asked {
                cache.remember(host.id, credential, &identity, evictions, Instant::now());
            }
            Ok(identity)
        }
        Admittance::Refuse(reply) => Err(Refusal::reply(reply, Outcome::NotAuthenticated)),
    }
}
