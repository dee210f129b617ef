//! What a process asks the one that has a node to do. A call is handed out once, so a node never hears a command twice; the
//! asker waits as long as the command may take.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_kernel::{AppError, ErrorKind, Result};
use argos_nodewire::{Ack, driver};
use argos_web::Message;
use bytes::Bytes;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::CALLS_KEPT_S;
use super::lending::What;
use crate::actions::commands::LinkFault;
use crate::service::{CloseReason, Nodes, Picture, Session, hold, not_connected};
use crate::store::links;

/// How much longer than the node the way there and back may take.
const GRACE: Duration = Duration::from_secs(5);
/// Who waits is woken; so often he looks by himself, in case nobody wakes him.
const LOOK: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Serialize, Deserialize)]
pub(super) enum Wish {
    /// Send a frame that is answered under this id: this text, or the bytes behind the call.
    Ask {
        command_id: String,
        text: Option<String>,
        limit_ms: u64,
    },
    Config {
        refresh: bool,
        limit_ms: u64,
    },
    Picture {
        flow_id: String,
        input_id: Option<String>,
    },
    End {
        code: u16,
    },
    /// Nobody else shall have this turn of the node until the one with this id is given back.
    Take {
        turn: String,
        what: What,
    },
    /// It is still needed.
    Keep {
        turn: String,
    },
    GiveBack {
        turn: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Call {
    node_id: String,
    wish: Wish,
}

impl Call {
    /// The call in one line of JSON, and what goes along as it is: a part of a media file would grow by a third in JSON.
    fn packed(&self, bytes: &[u8]) -> serde_json::Result<Vec<u8>> {
        let mut out = serde_json::to_vec(self)?;
        out.push(b'\n');
        out.extend_from_slice(bytes);
        Ok(out)
    }

    fn unpacked(packed: &[u8]) -> serde_json::Result<(Self, &[u8])> {
        let end = packed.iter().position(|byte| *byte == b'\n').unwrap_or(packed.len());
        let (line, rest) = packed.split_at(end);
        Ok((serde_json::from_slice(line)?, rest.get(1..).unwrap_or_default()))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    Done,
    /// Somebody else has the turn.
    Taken,
    Ack(Value),
    Config(Value),
    /// The JPEG in base64, and when it came in microseconds of UTC.
    Picture(Option<(String, i64)>),
    Fault(LinkFault),
    Failed {
        kind: String,
        code: String,
        message: String,
    },
    NotHere,
}

fn place(id: &str) -> String {
    format!("node_calls:{id}")
}

fn millis(limit: Duration) -> u64 {
    u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)
}

/// The code and word of a session that is ended from elsewhere.
fn reason(code: u16) -> CloseReason {
    match code {
        4001 => (4001, "node removed"),
        4002 => (4002, "token regenerated"),
        _ => (4000, "superseded"),
    }
}

fn ack_json(ack: &Ack) -> Value {
    json!({ "command_id": ack.command_id, "success": ack.success, "data": ack.data, "error": ack.error, "error_code": ack.error_code })
}

fn unheard() -> AppError {
    let text = "The server that holds the connection of this node does not answer";
    AppError::new(ErrorKind::UpstreamTimeout, text).code("replica_timeout")
}

/// An answer that does not fit what was asked.
pub(super) fn strange(session: &Session, answer: Answer) -> AppError {
    match answer {
        Answer::NotHere => not_connected(&session.node_id),
        Answer::Failed { kind, code, message } => {
            let kind = if kind == "timeout" { ErrorKind::UpstreamTimeout } else { ErrorKind::Upstream };
            AppError::new(kind, message).code(code)
        }
        _ => AppError::internal("another process answered something else than it was asked"),
    }
}

/// Who waits for the answer to which call.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<HashMap<String, Arc<Notify>>>);

/// Takes who waits out of the list, also when whoever asked is dropped.
struct Waits<'a>(&'a Waiting, String);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        hold(&self.0.0).remove(&self.1);
    }
}

impl Waiting {
    fn expect(&self, id: &str) -> (Waits<'_>, Arc<Notify>) {
        let answered = Arc::new(Notify::new());
        hold(&self.0).insert(id.to_owned(), Arc::clone(&answered));
        (Waits(self, id.to_owned()), answered)
    }
    fn is_empty(&self) -> bool {
        hold(&self.0).is_empty()
    }
    fn wake(&self, id: &str) {
        if let Some(answered) = hold(&self.0).get(id) {
            answered.notify_one();
        }
    }
}

impl Nodes {
    /// Ends a session wherever it is.
    pub(crate) fn end(self: &Arc<Self>, session: &Arc<Session>, (code, word): CloseReason) {
        if session.there.is_none() {
            return session.end((code, word));
        }
        let (nodes, session) = (Arc::clone(self), Arc::clone(session));
        self.platform.tasks.once("node-end", async move {
            // Over there it is looked for as well, at the next turn.
            drop(nodes.call(&session, Wish::End { code }, Duration::ZERO).await);
        });
    }

    /// Sends a frame to a node elsewhere and waits for its answer.
    pub(crate) async fn ask_there(&self, session: &Session, command_id: &str, message: Message, limit: Duration) -> Result<Ack> {
        let (text, bytes) = match message {
            Message::Text(text) => (Some(text.as_str().to_owned()), Bytes::new()),
            Message::Binary(bytes) => (None, bytes),
            _ => return Err(AppError::internal("a frame that is no command")),
        };
        let wish = Wish::Ask { command_id: command_id.to_owned(), text, limit_ms: millis(limit) };
        match self.call_with(session, wish, &bytes, limit).await? {
            Answer::Ack(ack) => Ack::parse(ack).ok_or_else(|| AppError::internal("another process sent no answer")),
            Answer::Fault(fault) => Err(fault.error(limit)),
            other => Err(strange(session, other)),
        }
    }

    pub(crate) async fn config_there(&self, session: &Session, refresh: bool, limit: Duration) -> Result<Arc<Value>> {
        match self.call(session, Wish::Config { refresh, limit_ms: millis(limit) }, limit).await? {
            Answer::Config(config) => Ok(Arc::new(config)),
            Answer::Fault(fault) => Err(fault.error(limit)),
            other => Err(strange(session, other)),
        }
    }

    /// A picture of a node, wherever it is.
    pub(crate) async fn picture(&self, session: &Session, key: (String, Option<String>)) -> Result<Option<Picture>> {
        let known = hold(&session.told).pictures.get(&key).cloned();
        if session.there.is_none() || known.is_none() {
            return Ok(known);
        }
        match self.call(session, Wish::Picture { flow_id: key.0, input_id: key.1 }, Duration::ZERO).await? {
            Answer::Picture(picture) => Ok(picture.and_then(|(jpeg, at)| {
                let jpeg = BASE64.decode(jpeg.as_bytes()).ok()?;
                Some(Picture { jpeg: jpeg.into(), at: argos_kernel::Timestamp::from_micros(at) })
            })),
            other => Err(strange(session, other)),
        }
    }

    pub(super) async fn call(&self, session: &Session, wish: Wish, limit: Duration) -> Result<Answer> {
        self.call_with(session, wish, &[], limit).await
    }

    async fn call_with(&self, session: &Session, wish: Wish, bytes: &[u8], limit: Duration) -> Result<Answer> {
        let Some(replica) = &session.there else { return Err(AppError::internal("a call for a node that is here")) };
        let (db, id) = (&self.platform.store.state, self.random_uuid());
        let request = Call { node_id: session.node_id.clone(), wish }.packed(bytes).map_err(AppError::internal)?;
        let (_waits, answered) = self.elsewhere.waiting.expect(&id);
        links::call(db, &id, replica, &self.platform.vault.seal(&place(&id), &request)?, self.now()).await?;
        let deadline = Instant::now() + limit + GRACE;
        let sealed = loop {
            // At the deadline once more, so an answer that was not signalled counts.
            let over = Instant::now() >= deadline;
            drop(tokio::time::timeout_at(deadline.min(Instant::now() + LOOK), answered.notified()).await);
            let sealed = links::take_answer(db, &id).await?;
            if sealed.is_some() || over {
                break sealed;
            }
        };
        if sealed.is_none() {
            links::drop_call(db, &id).await?;
        }
        let answer = self.platform.vault.open(&place(&id), &sealed.ok_or_else(unheard)?)?;
        serde_json::from_slice(answer.reveal()).map_err(AppError::internal)
    }

    /// Wakes whoever waits for an answer that is there. One look for all of them: when each looked whenever anybody was
    /// answered, a thousand would ask a million times.
    pub(super) async fn hear_answers(&self) -> Result<()> {
        if !self.elsewhere.waiting.is_empty() {
            links::answered(&self.platform.store.state).await?.iter().for_each(|id| self.elsewhere.waiting.wake(id));
        }
        Ok(())
    }

    /// Does what other processes ask, each call by itself.
    pub(super) async fn serve_calls(self: &Arc<Self>) -> Result<()> {
        let db = &self.platform.store.state;
        for (id, sealed) in links::take_calls(db, &self.elsewhere.replica).await? {
            let nodes = Arc::clone(self);
            self.platform.tasks.once("node-call", async move {
                if let Err(error) = nodes.serve_call(&id, &sealed).await {
                    tracing::error!(%error, "what another process asked was not answered");
                }
            });
        }
        Ok(())
    }

    async fn serve_call(self: &Arc<Self>, id: &str, sealed: &str) -> Result<()> {
        let request = self.platform.vault.open(&place(id), sealed)?;
        let (call, bytes) = Call::unpacked(request.reveal()).map_err(AppError::internal)?;
        let answer = serde_json::to_vec(&self.grant(call, bytes).await).map_err(AppError::internal)?;
        Ok(links::answer(&self.platform.store.state, id, &self.platform.vault.seal(&place(id), &answer)?).await?)
    }

    async fn grant(self: &Arc<Self>, call: Call, bytes: &[u8]) -> Answer {
        match &call.wish {
            Wish::GiveBack { turn } => {
                self.elsewhere.lending.give_back(turn);
                return Answer::Done;
            }
            Wish::Keep { turn } => {
                self.elsewhere.lending.keep(turn);
                return Answer::Done;
            }
            _ => {}
        }
        let Some(session) = self.own_session(&call.node_id) else { return Answer::NotHere };
        match call.wish {
            Wish::Ask { command_id, text, limit_ms } => {
                let changes = text.as_deref().is_some_and(|text| changes_config(&session, text));
                let message = match text {
                    Some(text) => Message::text(text),
                    // From a process of the version before, which spells bytes otherwise.
                    None if bytes.is_empty() => return Answer::Fault(LinkFault::Gone),
                    None => Message::binary(bytes.to_vec()),
                };
                let done = self.exchange(&session, &command_id, message, Duration::from_millis(limit_ms)).await;
                if changes {
                    hold(&session.told).set_config(None);
                }
                done.map_or_else(Answer::Fault, |ack| Answer::Ack(ack_json(&ack)))
            }
            Wish::Config { refresh, limit_ms } => match self.config(&session, refresh, Duration::from_millis(limit_ms)).await {
                Ok(config) => Answer::Config((*config).clone()),
                Err(error) => failed(&error),
            },
            Wish::Picture { flow_id, input_id } => {
                let picture = hold(&session.told).pictures.get(&(flow_id, input_id)).cloned();
                Answer::Picture(picture.map(|p| (BASE64.encode(&p.jpeg), p.at.micros())))
            }
            Wish::End { code } => {
                session.end(reason(code));
                Answer::Done
            }
            Wish::Take { turn, what } => self.lend(&session, turn, what).await,
            Wish::Keep { .. } | Wish::GiveBack { .. } => Answer::Done,
        }
    }

    /// Removes calls whose asker died before it heard the answer.
    pub(crate) async fn purge_calls(&self) -> Result<()> {
        Ok(links::purge_calls(&self.platform.store.state, self.now().minus_secs(CALLS_KEPT_S)).await?)
    }
}

fn failed(error: &AppError) -> Answer {
    let kind = if error.kind() == ErrorKind::UpstreamTimeout { "timeout" } else { "upstream" };
    Answer::Failed { kind: kind.to_owned(), code: error.code_str().to_owned(), message: error.message().to_owned() }
}

/// Whether the configuration that is known of a node is no more what it has after this frame.
fn changes_config(session: &Session, frame: &str) -> bool {
    let frame: Value = serde_json::from_str(frame).unwrap_or_default();
    let kind = frame.pointer("/payload/action/type").and_then(Value::as_str).unwrap_or_default();
    driver(&session.device_type).and_then(|d| d.find(kind)).is_none_or(|c| c.changes_config)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_comes_back_as_the_node_gave_it() {
        let ack =
            Ack { command_id: "c".into(), success: false, data: None, error: Some("no".into()), error_code: Some("port_conflict".into()) };
        assert_eq!(Ack::parse(ack_json(&ack)), Some(ack));
        assert_eq!([4001, 4002, 4000].map(reason).map(|r| r.0), [4001, 4002, 4000]);
    }

    proptest! {
        #[test]
        fn bytes_go_along_with_a_call_as_they_are(bytes in proptest::collection::vec(any::<u8>(), 0..64), node in ".{0,20}") {
            let call = Call { node_id: node.clone(), wish: Wish::Ask { command_id: "c".to_owned(), text: None, limit_ms: 7 } };
            let packed = call.packed(&bytes).unwrap();
            let (call, rest) = Call::unpacked(&packed).unwrap();
            prop_assert_eq!((call.node_id, rest), (node, &bytes[..]));
        }
        #[test]
        fn any_text_of_another_process_is_a_call_or_refused(text in ".{0,200}") {
            drop(Call::unpacked(text.as_bytes()).map(|(call, _)| call.node_id));
            drop(serde_json::from_str::<Answer>(&text));
        }
    }
}
