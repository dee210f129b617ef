//! One attempt to have a request answered over HTTP/2: the connection is shared by many, and driven by a task of its own.

use std::io::ErrorKind;
use std::pin::pin;
use std::time::Duration;

use http::header::HOST;
use http::{Request, Response, Uri, Version};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use tokio::time::{Instant, timeout_at};

use crate::answer::Refusal;
use crate::body::{Progress, RequestBody};
use crate::connect::{begin_h2, connect};
use crate::flight::Flight;
use crate::forward::{Attempt, Forward, Line, Next, failed, is_idempotent, late};

fn copy_of(request: &Request<RequestBody>) -> Request<RequestBody> {
    let mut copy = Request::new(RequestBody::Empty);
    (*copy.method_mut(), *copy.uri_mut(), *copy.headers_mut()) =
        (request.method().clone(), request.uri().clone(), request.headers().clone());
    copy
}

/// Sends a request over HTTP/2, on a kept connection where there is one.
pub(crate) async fn attempt(
    order: &Forward<'_>,
    mut request: Box<Request<RequestBody>>,
    flight: &Flight,
    may_reuse: bool,
    progress: &Progress,
) -> Attempt {
    let target = &flight.target;
    let kept = may_reuse.then(|| order.worker.h2(target.key)).flatten();
    let is_reused = kept.is_some();
    let mut sender = match kept {
        Some(sender) => sender,
        None => {
            let connect_max = order.host.bounds.connect_timeout(&order.pool.config);
            let opened = match connect(order.worker, target, connect_max).await {
                Ok(stream) => begin_h2(stream).await.map_err(|e| (e.to_string(), false)),
                Err(error) => Err((error.to_string(), error.kind() == ErrorKind::TimedOut)),
            };
            match opened {
                Ok(sender) => {
                    order.worker.keep_h2(target.key, sender.clone());
                    sender
                }
                Err((reason, is_late)) => {
                    flight.unreached(&reason, is_late, connect_max);
                    return Attempt::Again(request, Next::Other);
                }
            }
        }
    };
    // A backend may be about to end the connection: what may be sent twice is kept for that case.
    let is_repeatable = is_reused && is_idempotent(request.method()) && matches!(request.body(), RequestBody::Empty);
    let copy = is_repeatable.then(|| Box::new(copy_of(&request)));
    // HTTP/2 has the host in the address.
    let host = request.headers_mut().remove(HOST);
    let mut uri = target.base.clone().into_parts();
    uri.authority = host.and_then(|h| http::uri::Authority::try_from(h.as_bytes()).ok()).or(uri.authority);
    uri.path_and_query = request.uri().path_and_query().cloned();
    let Ok(uri) = Uri::from_parts(uri) else { return Attempt::Failed(Refusal::bad_request("bad address\n")) };
    let origin_form = std::mem::replace(request.uri_mut(), uri);
    *request.version_mut() = Version::HTTP_2;
    let wait_max = order.host.bounds.answer_timeout(&order.pool.config);
    match in_time(sender.try_send_request(*request), progress, wait_max).await {
        Some(Ok(response)) => {
            let (head, body) = response.into_parts();
            Attempt::Answered(head, Line::H2(body))
        }
        Some(Err(mut error)) => match (error.take_message(), copy) {
            (_, Some(copy)) => Attempt::Again(copy, Next::Fresh),
            (Some(mut back), None) if is_reused => {
                *back.uri_mut() = origin_form;
                back.headers_mut().insert(HOST, order.authority.clone());
                Attempt::Again(Box::new(back), Next::Fresh)
            }
            _ => failed(flight, progress, "broke off without an answer"),
        },
        None => late(order, flight, progress),
    }
}

/// What is sent and answered, unless the answer takes too long. Its time begins when the backend has the whole request: it
/// begins anew with every part of the body, and does not run while the client pauses, who has a time of its own.
async fn in_time(
    sending: impl Future<Output = Result<Response<Incoming>, TrySendError<Request<RequestBody>>>>,
    progress: &Progress,
    wait_max: Duration,
) -> Option<Result<Response<Incoming>, TrySendError<Request<RequestBody>>>> {
    let mut sending = pin!(sending);
    let mut deadline = Instant::now() + wait_max;
    loop {
        if let Ok(outcome) = timeout_at(deadline, sending.as_mut()).await {
            return Some(outcome);
        }
        let now = Instant::now();
        let from = if progress.waits_for_client() { Some(now) } else { progress.moved_at() };
        deadline = from.map(|from| from + wait_max).filter(|deadline| *deadline > now)?;
    }
}
