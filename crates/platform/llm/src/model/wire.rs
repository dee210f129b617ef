//! The four wire formats: how a question is written for each provider and how its whole answer is read. Streams are read
//! in `stream`. Nothing here knows a network.

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

use super::picture::Picture;
use super::provider::Wire;

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    User,
    Assistant,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Turn {
    pub role: Role,
    pub content: String,
    /// Seen before the words are read; no client can send one.
    #[serde(skip)]
    pub pictures: Vec<Picture>,
}

impl Turn {
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into(), pictures: Vec::new() }
    }

    /// With a picture to look at.
    pub fn shown(content: impl Into<String>, picture: Picture) -> Self {
        Self { pictures: vec![picture], ..Self::user(content) }
    }
}

/// A question as every format needs it.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) model: &'a str,
    pub(crate) system: &'a str,
    pub(crate) turns: &'a [Turn],
    pub(crate) max_tokens: i64,
    pub(crate) temperature: f64,
    pub(crate) stream: bool,
}

/// What a format sends: the path under the base address, the header of the key, the body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outgoing {
    pub(crate) path: String,
    /// Name and what stands before the key.
    pub(crate) key_header: (&'static str, &'static str),
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: Value,
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    /// The model declined.
    pub(crate) refused: bool,
}

fn word(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn base64(picture: &Picture) -> String {
    BASE64.encode(picture.bytes())
}

/// A turn as the formats write it that have messages. Words alone are a text, as every server of that format knows it.
fn message(wire: Wire, turn: &Turn) -> Value {
    let (role, text) = (word(turn.role), &turn.content);
    if turn.pictures.is_empty() {
        return json!({ "role": role, "content": text });
    }
    let part = |picture: &Picture| {
        let (mime, data) = (picture.mime(), base64(picture));
        match wire {
            Wire::Anthropic => json!({ "type": "image", "source": { "type": "base64", "media_type": mime, "data": data } }),
            _ => json!({ "type": "image_url", "image_url": { "url": format!("data:{mime};base64,{data}") } }),
        }
    };
    match wire {
        Wire::Ollama => json!({ "role": role, "content": text, "images": turn.pictures.iter().map(base64).collect::<Vec<_>>() }),
        _ => {
            let parts: Vec<Value> = turn.pictures.iter().map(part).chain([json!({ "type": "text", "text": text })]).collect();
            json!({ "role": role, "content": parts })
        }
    }
}

/// Writes a question.
pub(crate) fn write(wire: Wire, q: &Question<'_>) -> Outgoing {
    let turns = || q.turns.iter().map(|t| message(wire, t));
    match wire {
        Wire::Anthropic => {
            let mut body = json!({ "model": q.model, "max_tokens": q.max_tokens, "temperature": q.temperature.min(1.0),
                "messages": turns().collect::<Vec<_>>() });
            if !q.system.is_empty() {
                body["system"] = json!(q.system);
            }
            if q.stream {
                body["stream"] = json!(true);
            }
            let headers = &[("anthropic-version", "2023-06-01")];
            Outgoing { path: "/v1/messages".to_owned(), key_header: ("x-api-key", ""), headers, body }
        }
        Wire::Openai => {
            let system = (!q.system.is_empty()).then(|| json!({ "role": "system", "content": q.system }));
            let messages: Vec<Value> = system.into_iter().chain(turns()).collect();
            let mut body = json!({ "model": q.model, "messages": messages, "max_tokens": q.max_tokens, "temperature": q.temperature });
            if q.stream {
                body["stream"] = json!(true);
                body["stream_options"] = json!({ "include_usage": true });
            }
            Outgoing { path: "/v1/chat/completions".to_owned(), key_header: ("authorization", "Bearer "), headers: &[], body }
        }
        Wire::Gemini => {
            let contents = q.turns.iter().map(|t| {
                let role = if t.role == Role::User { "user" } else { "model" };
                let shown = t.pictures.iter().map(|p| json!({ "inlineData": { "mimeType": p.mime(), "data": base64(p) } }));
                json!({ "role": role, "parts": shown.chain([json!({ "text": t.content })]).collect::<Vec<_>>() })
            });
            let mut body = json!({ "contents": contents.collect::<Vec<_>>(),
                "generationConfig": { "temperature": q.temperature, "maxOutputTokens": q.max_tokens } });
            if !q.system.is_empty() {
                body["systemInstruction"] = json!({ "parts": [{ "text": q.system }] });
            }
            let verb = if q.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            // A model's name goes into the path, so it may not leave its segment.
            let model: String = q.model.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')).collect();
            Outgoing { path: format!("/v1beta/models/{model}:{verb}"), key_header: ("x-goog-api-key", ""), headers: &[], body }
        }
        Wire::Ollama => {
            let system = (!q.system.is_empty()).then(|| json!({ "role": "system", "content": q.system }));
            let messages: Vec<Value> = system.into_iter().chain(turns()).collect();
            let options = json!({ "temperature": q.temperature, "num_predict": q.max_tokens });
            let body = json!({ "model": q.model, "messages": messages, "stream": q.stream, "options": options });
            Outgoing { path: "/api/chat".to_owned(), key_header: ("authorization", "Bearer "), headers: &[], body }
        }
    }
}

fn text<'a>(v: &'a Value, pointer: &str) -> Option<&'a str> {
    v.pointer(pointer).and_then(Value::as_str)
}
fn number(v: &Value, pointer: &str) -> Option<i64> {
    v.pointer(pointer).and_then(Value::as_i64).filter(|n| *n >= 0)
}
fn joined<'a>(parts: impl Iterator<Item = &'a Value>, between: &str) -> String {
    parts.filter_map(|p| p["text"].as_str()).collect::<Vec<_>>().join(between)
}

/// Reasons that mean "the model declined".
pub(crate) fn is_refusal(reason: &str) -> bool {
    matches!(reason, "refusal" | "content_filter" | "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII")
}

/// Reads a whole answer; `None` = this is none.
pub(crate) fn read(wire: Wire, body: &[u8]) -> Option<Said> {
    let v: Value = serde_json::from_slice(body).ok()?;
    match wire {
        Wire::Anthropic => {
            let blocks = v.get("content")?.as_array()?;
            let refused = text(&v, "/stop_reason").is_some_and(is_refusal);
            let said = joined(blocks.iter().filter(|b| b["type"] == "text"), "\n");
            Some(Said {
                text: said,
                input_tokens: number(&v, "/usage/input_tokens"),
                output_tokens: number(&v, "/usage/output_tokens"),
                refused,
            })
        }
        Wire::Openai => {
            let choice = v.pointer("/choices/0")?;
            let refusal = text(choice, "/message/refusal");
            let refused = refusal.is_some() || text(choice, "/finish_reason").is_some_and(is_refusal);
            let said = text(choice, "/message/content").or(refusal).or(refused.then_some(""))?;
            let (input_tokens, output_tokens) = (number(&v, "/usage/prompt_tokens"), number(&v, "/usage/completion_tokens"));
            Some(Said { text: said.to_owned(), input_tokens, output_tokens, refused })
        }
        Wire::Gemini => {
            let (input_tokens, output_tokens) =
                (number(&v, "/usageMetadata/promptTokenCount"), number(&v, "/usageMetadata/candidatesTokenCount"));
            if text(&v, "/promptFeedback/blockReason").is_some() {
                return Some(Said { text: String::new(), input_tokens, output_tokens, refused: true });
            }
            let candidate = v.pointer("/candidates/0")?;
            let refused = text(candidate, "/finishReason").is_some_and(is_refusal);
            let parts = candidate.pointer("/content/parts").and_then(Value::as_array);
            let said = match (parts, refused) {
                (Some(parts), _) => joined(parts.iter(), ""),
                (None, true) => String::new(),
                (None, false) => return None,
            };
            Some(Said { text: said, input_tokens, output_tokens, refused })
        }
        Wire::Ollama => {
            let said = text(&v, "/message/content")?.to_owned();
            let (input_tokens, output_tokens) = (number(&v, "/prompt_eval_count"), number(&v, "/eval_count"));
            Some(Said { text: said, input_tokens, output_tokens, refused: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIRES: [Wire; 4] = [Wire::Anthropic, Wire::Openai, Wire::Gemini, Wire::Ollama];

    fn question(stream: bool) -> (Vec<Turn>, bool) {
        (vec![Turn::user("why?"), Turn { role: Role::Assistant, ..Turn::user("because") }, Turn::user("really?")], stream)
    }

    fn written(wire: Wire, stream: bool) -> Outgoing {
        let (turns, stream) = question(stream);
        write(wire, &Question { model: "m/../x", system: "be brief", turns: &turns, max_tokens: 9, temperature: 1.5, stream })
    }

    #[test]
    fn questions_are_written_as_each_provider_documents() {
        let a = written(Wire::Anthropic, true);
        assert_eq!((a.path.as_str(), &a.body["system"], &a.body["max_tokens"]), ("/v1/messages", &json!("be brief"), &json!(9)));
        assert_eq!(
            (&a.body["temperature"], &a.body["messages"][1]["role"], &a.body["stream"]),
            (&json!(1.0), &json!("assistant"), &json!(true))
        );
        let o = written(Wire::Openai, false);
        assert_eq!((o.path.as_str(), &o.body["messages"][0]["role"]), ("/v1/chat/completions", &json!("system")));
        assert!(o.body.get("stream").is_none() && o.body["messages"].as_array().unwrap().len() == 4);
        let g = written(Wire::Gemini, true);
        assert_eq!(g.path, "/v1beta/models/m..x:streamGenerateContent?alt=sse");
        assert_eq!((&g.body["contents"][1]["role"], &g.body["generationConfig"]["maxOutputTokens"]), (&json!("model"), &json!(9)));
        let l = written(Wire::Ollama, false);
        assert_eq!((l.path.as_str(), &l.body["options"]["num_predict"], &l.body["stream"]), ("/api/chat", &json!(9), &json!(false)));
    }

    #[test]
    fn pictures_are_written_as_each_provider_documents() {
        let picture = crate::model::picture::tests::png(2, 2);
        let data = BASE64.encode(picture.bytes());
        let turns = [Turn::user("hi"), Turn::shown("where?", picture)];
        for wire in WIRES {
            let q = Question { model: "m", system: "", turns: &turns, max_tokens: 9, temperature: 0.0, stream: false };
            let body = write(wire, &q).body;
            let (plain, shown) = match wire {
                Wire::Gemini => (&body["contents"][0], &body["contents"][1]),
                _ => (&body["messages"][0], &body["messages"][1]),
            };
            let expected = match wire {
                Wire::Anthropic => json!({ "role": "user", "content": [
                    { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": data } },
                    { "type": "text", "text": "where?" }] }),
                Wire::Openai => json!({ "role": "user", "content": [
                    { "type": "image_url", "image_url": { "url": format!("data:image/png;base64,{data}") } },
                    { "type": "text", "text": "where?" }] }),
                Wire::Gemini => {
                    json!({ "role": "user", "parts": [{ "inlineData": { "mimeType": "image/png", "data": data } }, { "text": "where?" }] })
                }
                Wire::Ollama => json!({ "role": "user", "content": "where?", "images": [data] }),
            };
            assert_eq!(shown, &expected, "{wire:?}");
            assert!(plain["content"] == "hi" || plain["parts"] == json!([{ "text": "hi" }]), "words alone stay a text: {plain}");
        }
        let said: Turn = serde_json::from_value(json!({ "role": "user", "content": "x", "pictures": ["aGk="] })).unwrap();
        assert!(said.pictures.is_empty(), "what a client sends holds none");
    }

    #[test]
    fn answers_are_read_with_their_tokens() {
        let cases = [
            (
                Wire::Anthropic,
                r#"{"content":[{"type":"text","text":"a"},{"type":"tool_use"},{"type":"text","text":"b"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":4}}"#,
                "a\nb",
            ),
            (
                Wire::Openai,
                r#"{"choices":[{"message":{"content":"ab"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
                "ab",
            ),
            (
                Wire::Gemini,
                r#"{"candidates":[{"content":{"parts":[{"text":"a"},{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4}}"#,
                "ab",
            ),
            (Wire::Ollama, r#"{"message":{"role":"assistant","content":"ab"},"done":true,"prompt_eval_count":3,"eval_count":4}"#, "ab"),
        ];
        for (wire, body, said) in cases {
            let expected = Said { text: said.to_owned(), input_tokens: Some(3), output_tokens: Some(4), refused: false };
            assert_eq!(read(wire, body.as_bytes()), Some(expected), "{wire:?}");
        }
    }

    #[test]
    fn refusals_are_seen_and_other_json_is_no_answer() {
        let refusals = [
            (Wire::Anthropic, r#"{"content":[],"stop_reason":"refusal"}"#),
            (Wire::Openai, r#"{"choices":[{"message":{"content":null,"refusal":"I cannot"},"finish_reason":"stop"}]}"#),
            (Wire::Openai, r#"{"choices":[{"message":{"content":null},"finish_reason":"content_filter"}]}"#),
            (Wire::Gemini, r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#),
            (Wire::Gemini, r#"{"candidates":[{"finishReason":"SAFETY"}]}"#),
        ];
        for (wire, body) in refusals {
            assert!(read(wire, body.as_bytes()).unwrap().refused, "{body}");
        }
        for wire in WIRES {
            for body in ["", "[]", "{}", r#"{"choices":[]}"#, r#"{"content":"x"}"#, "<html>"] {
                assert_eq!(read(wire, body.as_bytes()), None, "{wire:?} {body}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            for wire in WIRES { let _ = read(wire, &body); }
        }
    }
}
