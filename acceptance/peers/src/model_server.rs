//! A server of language models inside the test process, because no provider can be had in a test: it speaks the four wire
//! formats as their published references describe them, and is told what to answer next.

use std::collections::VecDeque;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::loopback::Loopback;
use crate::webhook::read_request;

/// What to answer.
#[derive(Clone, Debug)]
pub enum Script {
    /// This text, in pieces when a stream was asked for.
    Say(String),
    /// The provider's way to decline.
    Refuse,
    /// 200 with something that is no answer.
    Garbage,
    /// This status with the provider's error object.
    Fail(u16),
    /// Nothing, until the client gives up.
    Hang,
    /// Half a stream, then the connection ends.
    Cut,
}

/// A question as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Path with its query.
    pub target: String,
    /// Headers with lower-case names.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Value,
}

impl Asked {
    /// First value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Script>,
    asked: Vec<Asked>,
}

/// The server; it stops when dropped. Without a script it says `ok`.
#[derive(Debug)]
pub struct ModelServer {
    listener: Loopback,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ModelServer {
    /// Starts on a free loopback port.
    ///
    /// # Panics
    /// When no port can be bound.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        Self { listener: Loopback::start(move |stream, stop| serve(stream, &shared, stop)), state }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address)
    }

    /// Appends to what is answered next.
    pub fn then(&self, script: impl IntoIterator<Item = Script>) {
        lock(&self.state).script.extend(script);
    }

    /// Everything asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.state).asked.clone()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let request = read_request(&mut BufReader::new(stream))?;
    let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let headers = request.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    Some(Asked { target: request.target, headers, body })
}

fn serve(mut stream: TcpStream, state: &Mutex<State>, stop: &AtomicBool) {
    let Some(asked) = read(&stream) else { return };
    let script = {
        let mut state = lock(state);
        state.asked.push(asked.clone());
        state.script.pop_front().unwrap_or_else(|| Script::Say("ok".to_owned()))
    };
    let wire = wire_of(&asked.target);
    let streamed = asked.target.contains("streamGenerateContent") || asked.body["stream"] == true;
    let (status, body) = match script {
        Script::Hang => {
            // The read ends when the client closes.
            let mut rest = [0; 64];
            drop(stream.set_read_timeout(Some(Duration::from_millis(200))));
            while !stop.load(Ordering::SeqCst) && !matches!(stream.read(&mut rest), Ok(0)) {}
            return;
        }
        Script::Fail(status) => (status, error(wire, status).to_string()),
        Script::Garbage => (200, "<html>the proxy says hello</html>".to_owned()),
        Script::Refuse if streamed => (200, pieces(wire, "", true).concat()),
        Script::Refuse => (200, refusal(wire).to_string()),
        Script::Say(text) if streamed => (200, pieces(wire, &text, false).concat()),
        Script::Say(text) => (200, answer(wire, &text).to_string()),
        Script::Cut => {
            let whole = pieces(wire, "the answer stops in the mid", false);
            let half: String = whole.iter().take(whole.len().saturating_sub(2)).map(String::as_str).collect();
            // A length that is never reached: the connection ends in the middle of the body.
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n", half.len() + 500);
            drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(half.as_bytes())));
            return;
        }
    };
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())));
}

#[derive(Clone, Copy, PartialEq)]
enum Wire {
    Anthropic,
    Openai,
    Gemini,
    Ollama,
}

fn wire_of(target: &str) -> Wire {
    match target {
        t if t.starts_with("/v1/messages") => Wire::Anthropic,
        t if t.starts_with("/v1beta/models/") => Wire::Gemini,
        t if t.starts_with("/api/chat") => Wire::Ollama,
        _ => Wire::Openai,
    }
}

fn answer(wire: Wire, text: &str) -> Value {
    match wire {
        Wire::Anthropic => json!({"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn", "usage": {"input_tokens": 100, "output_tokens": 20}}),
        Wire::Openai => json!({"id": "c1", "object": "chat.completion",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": null}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}),
        Wire::Gemini => {
            json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}})
        }
        Wire::Ollama => json!({"model": "m", "message": {"role": "assistant", "content": text}, "done": true, "done_reason": "stop",
            "prompt_eval_count": 100, "eval_count": 20}),
    }
}

fn refusal(wire: Wire) -> Value {
    match wire {
        Wire::Anthropic => {
            json!({"type": "message", "content": [], "stop_reason": "refusal", "usage": {"input_tokens": 100, "output_tokens": 0}})
        }
        Wire::Gemini => json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 100}}),
        Wire::Openai | Wire::Ollama => {
            json!({"choices": [{"message": {"content": null, "refusal": "I can't help with that."}, "finish_reason": "stop"}]})
        }
    }
}

fn error(wire: Wire, status: u16) -> Value {
    match wire {
        Wire::Anthropic => json!({"type": "error", "error": {"type": "api_error", "message": "scripted"}}),
        Wire::Openai => json!({"error": {"message": "scripted", "type": "server_error", "param": null, "code": null}}),
        Wire::Gemini => json!({"error": {"code": status, "message": "scripted", "status": "INTERNAL"}}),
        Wire::Ollama => json!({"error": "scripted"}),
    }
}

/// A stream, one event after the other: the text in pieces of four characters, then the end.
fn pieces(wire: Wire, text: &str, refused: bool) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let parts = chars.chunks(4).map(|c| c.iter().collect::<String>());
    let data = |v: &Value| format!("data: {v}\n\n");
    let named = |v: &Value| format!("event: {}\ndata: {v}\n\n", v["type"].as_str().unwrap_or_default());
    let mut out = Vec::new();
    match wire {
        Wire::Anthropic => {
            out.push(named(
                &json!({"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 100, "output_tokens": 1}}}),
            ));
            out.push(named(&json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})));
            out.extend(
                parts.map(|t| named(&json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}}))),
            );
            out.push(named(&json!({"type": "content_block_stop", "index": 0})));
            let reason = if refused { "refusal" } else { "end_turn" };
            out.push(named(&json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 20}})));
            out.push(named(&json!({"type": "message_stop"})));
        }
        Wire::Openai => {
            out.extend(parts.map(|t| data(&json!({"choices": [{"index": 0, "delta": {"content": t}, "finish_reason": null}]}))));
            let reason = if refused { "content_filter" } else { "stop" };
            out.push(data(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})));
            out.push(data(&json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 20}})));
            out.push("data: [DONE]\n\n".to_owned());
        }
        Wire::Gemini => {
            out.extend(parts.map(|t| data(&json!({"candidates": [{"content": {"parts": [{"text": t}]}}]}))));
            let reason = if refused { "SAFETY" } else { "STOP" };
            let usage = json!({"promptTokenCount": 100, "candidatesTokenCount": 20});
            out.push(data(
                &json!({"candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": reason}], "usageMetadata": usage}),
            ));
        }
        Wire::Ollama => {
            out.extend(parts.map(|t| format!("{}\n", json!({"message": {"content": t}, "done": false}))));
            out.push(format!(
                "{}\n",
                json!({"message": {"content": ""}, "done": true, "done_reason": "stop", "prompt_eval_count": 100, "eval_count": 20})
            ));
        }
    }
    out
}
