//! A client's HTTP/1.1 connection: one request after the other, in the order they came, in one task that drives the
//! exchange with the backend too. One timer looks after every head; a client that reads nothing is the kernel's to end.

use std::cell::RefCell;
use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{Method, StatusCode, Uri, Version};
use tokio::time::Sleep;

use crate::access::Ticket;
use crate::answer::Refusal;
use crate::config::Limits;
use crate::delivery::{Broken, Wish, deliver};
use crate::drain::Open;
use crate::front::{Front, FrontBody, Next};
use crate::h1::{BadRequest, HeadLimits, Marks};
use crate::inbound::Inbound;
use crate::report::{AccessRecord, Outcome};
use crate::service::{Peer, serve};
use crate::stream::Stream;
use crate::worker::Worker;

/// How long a client may still send after its last answer, so that this answer is not lost to it.
const LINGER: Duration = Duration::from_secs(2);

/// What is next to do with the connection.
enum Then {
    Next,
    /// The answer is written, and nothing more comes.
    Close,
    /// The answer is written, and the client may still be sending.
    Linger,
    /// Raw bytes follow; the connection has a new owner.
    HandOver,
    Drop,
}

/// Serves the connection to its end.
pub(crate) async fn run(worker: &Rc<Worker>, limits: &Limits, stream: Stream, peer: &Rc<Peer>, open: &Open) {
    let front = Rc::new(RefCell::new(Front::new(stream)));
    let mut due = pin!(tokio::time::sleep(limits.header_timeout));
    let then = loop {
        let next = poll_fn(|cx| poll_next(worker, &front, limits, peer, open, due.as_mut(), cx)).await;
        match next {
            Next::Closed => break Then::Drop,
            Next::Bad(bad) => break refuse(worker, &front, peer, bad).await,
            Next::Head(asked) => {
                let wish = Wish {
                    version: asked.parts.version,
                    is_head: asked.parts.method == Method::HEAD,
                    keeps_alive: asked.keeps_alive,
                    takes_trailers: asked.takes_trailers,
                };
                let body = Inbound::H1(FrontBody::new(&front));
                match exchange(worker, &front, peer, open, (asked.parts, body, asked.marks), wish).await {
                    Then::Next => {}
                    then => break then,
                }
            }
        }
    };
    match then {
        Then::Next | Then::Drop => {}
        Then::HandOver => hand_over(front),
        // Whatever hinders the end has nobody to be told.
        Then::Close => drop(poll_fn(|cx| front.borrow_mut().poll_shutdown(cx)).await),
        Then::Linger => {
            due.as_mut().reset(tokio::time::Instant::now() + LINGER.min(limits.header_timeout));
            poll_fn(|cx| linger(&front, due.as_mut(), cx)).await;
        }
    }
}

/// The next head, unless it takes too long or the thread drains before it begins. How large it may be is what counts when
/// it is read, however old the connection is.
fn poll_next(
    worker: &Worker,
    front: &RefCell<Front>,
    limits: &Limits,
    peer: &Peer,
    open: &Open,
    mut due: Pin<&mut Sleep>,
    cx: &mut Context<'_>,
) -> Poll<Next> {
    let mut front = front.borrow_mut();
    let head = {
        let now = &worker.snapshot().limits;
        HeadLimits { bytes: now.header_bytes_max, lines: now.headers_max }
    };
    if let Poll::Ready(next) = front.poll_next(head, cx) {
        return Poll::Ready(next);
    }
    if open.is_draining(cx) && !front.has_begun() {
        return Poll::Ready(Next::Closed);
    }
    while due.as_mut().poll(cx).is_ready() {
        let left = peer.activity.head_due(Instant::now(), limits.header_timeout);
        if left.is_zero() {
            return Poll::Ready(Next::Closed);
        }
        due.as_mut().reset(tokio::time::Instant::now() + left);
    }
    Poll::Pending
}

/// One request and its answer.
async fn exchange(
    worker: &Rc<Worker>,
    front: &Rc<RefCell<Front>>,
    peer: &Rc<Peer>,
    open: &Open,
    (parts, body, marks): (http::request::Parts, Inbound, Marks),
    mut wish: Wish,
) -> Then {
    let client_closes = !wish.keeps_alive;
    let response = {
        let mut serving = pin!(serve(Rc::clone(worker), Rc::clone(peer), parts, body, Some(marks)));
        poll_fn(|cx| match serving.as_mut().poll(cx) {
            Poll::Ready(response) => {
                wish.keeps_alive &= !open.is_draining(cx);
                Poll::Ready(Some(response))
            }
            // Nobody waits for the answer any more: the backend is left alone too.
            Poll::Pending if front.borrow_mut().is_gone(cx) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    };
    let Some(response) = response else { return Then::Drop };
    let is_switch = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    match deliver(front, response, wish, &worker.date()).await {
        Ok(true) => Then::Next,
        Ok(false) if is_switch => Then::HandOver,
        Ok(false) if client_closes && front.borrow().is_quiet() => Then::Close,
        Ok(false) => Then::Linger,
        Err(Broken) => Then::Drop,
    }
}

/// Answers what is no request.
async fn refuse(worker: &Rc<Worker>, front: &RefCell<Front>, peer: &Peer, bad: BadRequest) -> Then {
    let refusal = match bad {
        BadRequest::Invalid => Refusal::bad_request("bad request\n"),
        BadRequest::TooLarge => {
            Refusal::text(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Outcome::BadRequest, "request header too large\n").closing()
        }
    };
    let wish = Wish { version: Version::HTTP_11, is_head: false, keeps_alive: false, takes_trailers: false };
    let mut response = refusal.into_response(None);
    response.body_mut().ticket = Some(unread(worker, peer, response.status()));
    match deliver(front, response, wish, &worker.date()).await {
        Ok(_) => Then::Linger,
        Err(Broken) => Then::Drop,
    }
}

/// The record of what could not be read as a request: of it only the sender is known.
fn unread(worker: &Rc<Worker>, peer: &Peer, status: StatusCode) -> Box<Ticket> {
    let record = AccessRecord {
        started: Instant::now(),
        duration: Duration::ZERO,
        host_id: None,
        host: None,
        rule_id: None,
        client: peer.address,
        method: Method::from_bytes(b"-").unwrap_or_default(),
        uri: Uri::from_static("*"),
        version: Version::HTTP_11,
        tls: peer.tls,
        status,
        bytes: 0,
        user_agent: None,
        upstream: None,
        outcome: Outcome::BadRequest,
    };
    Box::new(Ticket { worker: Rc::clone(worker), record: Some(record), complete: false })
}

/// Ends our direction and waits for the client to end its own: a connection closed over unread bytes is reset, and the
/// answer with it.
fn linger(front: &RefCell<Front>, due: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    if due.poll(cx).is_ready() {
        return Poll::Ready(());
    }
    let mut front = front.borrow_mut();
    match front.poll_shutdown(cx) {
        Poll::Ready(Ok(())) => front.poll_linger(cx),
        Poll::Ready(Err(_)) => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    }
}

/// Hands the raw connection to the tunnel that asked for it. One that is gone ends it.
fn hand_over(front: Rc<RefCell<Front>>) {
    let successor = front.borrow_mut().take_successor();
    if let (Some(successor), Ok(front)) = (successor, Rc::try_unwrap(front)) {
        drop(successor.send(front.into_inner().into_raw()));
    }
}
