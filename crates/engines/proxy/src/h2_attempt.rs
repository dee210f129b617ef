//! One attempt to have a request answered over HTTP/2: the connection is shared by many, and driven by a task of its own.

use std::cell::Cell;

use http::header::HOST;
use http::{Request, StatusCode, Uri, Version};

use crate::answer::Refusal;
use crate::body::{RequestBody, Upload};
use crate::connect::{begin_h2, connect};
use crate::flight::Flight;
use crate::forward::{Attempt, Forward, Line, Next, failed, is_idempotent};

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
    state: &Cell<Upload>,
) -> Attempt {
    let target = &flight.target;
    let kept = may_reuse.then(|| order.worker.h2(target.key)).flatten();
    let is_reused = kept.is_some();
    let mut sender = match kept {
        Some(sender) => sender,
        None => {
            let opened = match connect(order.worker, target, order.host.bounds.connect_timeout(&order.pool.config)).await {
                Ok(stream) => begin_h2(stream).await.map_err(|e| e.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match opened {
                Ok(sender) => {
                    order.worker.keep_h2(target.key, sender.clone());
                    sender
                }
                Err(reason) => {
                    flight.failed(&format!("could not be reached: {reason}"));
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
    let sent = tokio::time::timeout(order.host.bounds.answer_timeout(&order.pool.config), sender.try_send_request(*request)).await;
    match sent {
        Ok(Ok(response)) => {
            let (head, body) = response.into_parts();
            Attempt::Answered(head, Line::H2(body))
        }
        Ok(Err(mut error)) => match (error.take_message(), copy) {
            (_, Some(copy)) => Attempt::Again(copy, Next::Fresh),
            (Some(mut back), None) if is_reused => {
                *back.uri_mut() = origin_form;
                back.headers_mut().insert(HOST, order.authority.clone());
                Attempt::Again(Box::new(back), Next::Fresh)
            }
            _ => failed(flight, state, StatusCode::BAD_GATEWAY, "broke off without an answer"),
        },
        Err(_) => failed(flight, state, StatusCode::GATEWAY_TIMEOUT, "did not answer in time"),
    }
}
