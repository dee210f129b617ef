//! WebSocket tunnels: asked for over HTTP/1.1 or by extended CONNECT over HTTP/2 (RFC 8441), opened to the backend over
//! HTTP/1.1, raw only after its 101.

use std::rc::Rc;
use std::time::Instant;

use data_encoding::BASE64;
use http::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};

use crate::activity::Answering;
use crate::answer::Refusal;
use crate::body::AnswerBody;
use crate::config::Protocol;
use crate::flight::Flight;
use crate::forward::Forward;
use crate::headers::Hop;
use crate::inbound::End;
use crate::wire::Wire;

/// A tunnel a client asks for.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// By an HTTP/1.1 upgrade.
    Upgrade,
    /// By extended CONNECT; the key is ours.
    Connect(HeaderValue),
}

impl Wanted {
    pub(crate) fn of(parts: &Parts, hop: Hop, extended: bool, protocol: Protocol) -> Option<Self> {
        if protocol.is_h2() {
            return None;
        }
        if extended {
            let mut key = [0u8; 16];
            getrandom::fill(&mut key).ok()?;
            return HeaderValue::try_from(BASE64.encode(&key)).ok().map(Self::Connect);
        }
        (hop.websocket && parts.method == Method::GET).then_some(Self::Upgrade)
    }

    /// Asks the backend for it.
    pub(crate) fn prepare(&self, parts: &mut Parts) {
        parts.method = Method::GET;
        parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        parts.headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        if let Self::Connect(key) = self {
            parts.headers.insert(SEC_WEBSOCKET_KEY, key.clone());
        }
    }

    /// The backend agreed: answers the client and joins both ends until one of them closes.
    pub(crate) fn join(
        self,
        order: &Forward<'_>,
        head: &http::response::Parts,
        front: End,
        wire: Wire,
        flight: Flight,
    ) -> Result<Response<AnswerBody>, Box<Refusal>> {
        let agreed = head.headers.get(UPGRADE).is_some_and(|u| u.as_bytes().eq_ignore_ascii_case(b"websocket"));
        if !agreed {
            return Err(Refusal::upstream(StatusCode::BAD_GATEWAY, "the backend switched protocols unasked\n"));
        }
        let (tunnel, answering) = (order.worker.open(), Answering::new(Rc::clone(order.peer), Instant::now()));
        let opening = front.open();
        tokio::task::spawn_local(async move {
            let (back, said) = wire.into_stream();
            opening.join(back, said).await;
            drop((flight, tunnel, answering));
        });
        let mut response = Response::new(AnswerBody::full(bytes::Bytes::new()));
        for name in [SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_ACCEPT, http::header::SET_COOKIE] {
            copy(&head.headers, response.headers_mut(), &name);
        }
        match self {
            Self::Upgrade => {
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
                response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
            }
            Self::Connect(_) => {
                response.headers_mut().remove(SEC_WEBSOCKET_ACCEPT);
            }
        }
        Ok(response)
    }
}

fn copy(from: &HeaderMap, to: &mut HeaderMap, name: &http::HeaderName) {
    for value in from.get_all(name) {
        to.append(name.clone(), value.clone());
    }
}
