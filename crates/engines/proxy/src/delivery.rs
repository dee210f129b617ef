//! An answer on its way to a client over HTTP/1.1: its head and the first bytes of its body in one write, then part by
//! part as the client takes it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Response, Version};
use http_body::{Body as _, Frame};

use crate::body::AnswerBody;
use crate::front::Front;
use crate::h1::{self, AnswerLength, Says};

/// What the request said of its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) version: Version,
    pub(crate) is_head: bool,
    pub(crate) keeps_alive: bool,
    pub(crate) takes_trailers: bool,
}

/// The answer cannot be completed: the connection is of no more use, and its end tells the client.
#[derive(Debug)]
pub(crate) struct Broken;

/// The state of one answer.
struct Delivery<'a> {
    front: &'a RefCell<Front>,
    length: AnswerLength,
    takes_trailers: bool,
    is_over: bool,
}

/// Writes an answer. Says whether another request may follow.
pub(crate) async fn deliver(front: &RefCell<Front>, response: Response<AnswerBody>, wish: Wish, date: &[u8]) -> Result<bool, Broken> {
    let (head, mut body) = response.into_parts();
    let length = h1::answer_length(head.status, wish.is_head, wish.version, body.size_hint().exact(), &head.headers);
    let is_switch = head.status == http::StatusCode::SWITCHING_PROTOCOLS;
    let mut keeps = wish.keeps_alive && length != AnswerLength::Close && !says_close(&head.headers) && !is_switch;
    // An answer that stands ready ends the exchange: whether the body is over is known now.
    if keeps && body.is_ready() {
        keeps = poll_fn(|cx| Poll::Ready(front.borrow_mut().skip_body(cx))).await;
    }
    let says = match (is_switch, keeps, wish.version) {
        (true, ..) => Says::Own,
        (_, false, _) => Says::Close,
        (_, true, Version::HTTP_10) => Says::KeepAlive,
        (_, true, _) => Says::Nothing,
    };
    h1::write_answer(front.borrow_mut().begin_answer(), head.status, &head.headers, length, says, date);
    if length == AnswerLength::None || wish.is_head || is_switch {
        body.finish();
        drop(body);
        poll_fn(|cx| write(front, cx)).await?;
    } else {
        let mut delivery = Delivery {
            front,
            length,
            takes_trailers: wish.takes_trailers,
            is_over: length == AnswerLength::Known(0) && body.is_end_stream(),
        };
        poll_fn(|cx| delivery.poll(&mut body, cx)).await?;
        // The last byte may come before the backend says that it was the last.
        body.finish();
    }
    Ok(keeps && poll_fn(|cx| Poll::Ready(front.borrow_mut().skip_body(cx))).await)
}

/// Writes and flushes what was put.
fn write(front: &RefCell<Front>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
    let mut front = front.borrow_mut();
    match front.poll_write(cx) {
        Poll::Ready(Ok(())) => front.poll_flush(cx).map_err(|_| Broken),
        other => other.map_err(|_| Broken),
    }
}

fn says_close(headers: &HeaderMap) -> bool {
    headers.get(http::header::CONNECTION).is_some_and(|c| c.as_bytes().eq_ignore_ascii_case(b"close"))
}

impl Delivery<'_> {
    fn poll(&mut self, body: &mut AnswerBody, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        loop {
            let mut waits = false;
            // One part at a time: the next would take the place of what a slow client has not taken yet.
            if !self.is_over && self.front.borrow().has_room() {
                match Pin::new(&mut *body).poll_frame(cx) {
                    Poll::Ready(frame) => self.put(frame.transpose().map_err(|_| Broken)?, body.is_end_stream())?,
                    // What is there goes out meanwhile.
                    Poll::Pending => waits = true,
                }
            }
            match write(self.front, cx) {
                Poll::Ready(Ok(())) if self.is_over => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) if waits => {
                    return if self.front.borrow_mut().is_gone(cx) { Poll::Ready(Err(Broken)) } else { Poll::Pending };
                }
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
        }
    }

    /// Puts the next part of the body into its framing; `None` is the end.
    fn put(&mut self, frame: Option<Frame<Bytes>>, is_last: bool) -> Result<(), Broken> {
        let trailers = match frame.map(Frame::into_data) {
            Some(Ok(data)) => {
                self.is_over = is_last;
                return self.put_data(data);
            }
            Some(Err(frame)) => frame.into_trailers().ok(),
            None => None,
        };
        self.is_over = true;
        match self.length {
            AnswerLength::Chunked => {
                let trailers = trailers.as_ref().filter(|_| self.takes_trailers);
                h1::write_trailers(self.front.borrow_mut().line(), trailers);
                Ok(())
            }
            AnswerLength::Known(1..) => Err(Broken),
            AnswerLength::Known(0) | AnswerLength::Close | AnswerLength::None => Ok(()),
        }
    }

    fn put_data(&mut self, data: Bytes) -> Result<(), Broken> {
        let mut front = self.front.borrow_mut();
        match &mut self.length {
            AnswerLength::Known(left) => {
                *left = left.checked_sub(data.len() as u64).ok_or(Broken)?;
                if self.is_over && *left > 0 {
                    return Err(Broken);
                }
                self.is_over |= *left == 0;
                front.put(data, b"");
            }
            AnswerLength::Chunked if data.is_empty() => {
                if self.is_over {
                    h1::write_trailers(front.line(), None);
                }
            }
            AnswerLength::Chunked => {
                h1::write_chunk_size(front.line(), data.len());
                front.put(data, if self.is_over { b"\r\n0\r\n\r\n" } else { b"\r\n" });
            }
            AnswerLength::Close => front.put(data, b""),
            AnswerLength::None => return Err(Broken),
        }
        Ok(())
    }
}
