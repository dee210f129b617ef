//! Streams, piece by piece: server-sent events (Anthropic, OpenAI, Gemini) and lines of JSON (Ollama). A stream that ends
//! before its provider said so was cut, and a cut answer is no answer.

use serde_json::Value;

use super::provider::Wire;
use super::wire::{Said, is_refusal};

/// A line longer than this is refused.
const LINE_MAX: usize = 256 * 1024;

/// Reads a stream of one provider.
pub(crate) struct Decoder {
    wire: Wire,
    line: Vec<u8>,
    said: Said,
    ended: bool,
    broken: bool,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Whole(Said),
    /// Before its end, or with something that is none.
    Cut,
}

impl Decoder {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire, line: Vec::new(), said: Said::default(), ended: false, broken: false }
    }

    /// The text that these bytes add.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        let mut fresh = String::new();
        for b in bytes {
            if *b == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.take(&line, &mut fresh);
            } else if self.line.len() < LINE_MAX {
                self.line.push(*b);
            } else {
                self.broken = true;
            }
        }
        self.said.text.push_str(&fresh);
        fresh
    }

    pub(crate) fn end(mut self) -> End {
        let mut rest = String::new();
        let line = std::mem::take(&mut self.line);
        self.take(&line, &mut rest);
        self.said.text.push_str(&rest);
        if self.ended && !self.broken { End::Whole(self.said) } else { End::Cut }
    }

    fn take(&mut self, line: &[u8], fresh: &mut String) {
        let line = line.trim_ascii();
        let data = match self.wire {
            Wire::Ollama => line,
            _ => match line.strip_prefix(b"data:") {
                Some(data) => data.trim_ascii(),
                // Names of events, comments and blank lines say nothing of their own.
                None => return,
            },
        };
        if data.is_empty() {
            return;
        }
        if self.wire == Wire::Openai && data == b"[DONE]" {
            self.ended = true;
            return;
        }
        let Ok(v) = serde_json::from_slice::<Value>(data) else {
            self.broken = true;
            return;
        };
        if v.get("error").is_some_and(|e| !e.is_null()) || v["type"] == "error" {
            self.broken = true;
            return;
        }
        match self.wire {
            Wire::Anthropic => self.anthropic(&v, fresh),
            Wire::Openai => self.openai(&v, fresh),
            Wire::Gemini => self.gemini(&v, fresh),
            Wire::Ollama => self.ollama(&v, fresh),
        }
    }

    fn count(&mut self, input: Option<&Value>, output: Option<&Value>) {
        self.said.input_tokens = input.and_then(Value::as_i64).or(self.said.input_tokens);
        self.said.output_tokens = output.and_then(Value::as_i64).or(self.said.output_tokens);
    }
    fn reason(&mut self, reason: Option<&Value>) {
        self.said.refused |= reason.and_then(Value::as_str).is_some_and(is_refusal);
    }

    fn anthropic(&mut self, v: &Value, fresh: &mut String) {
        match v["type"].as_str() {
            Some("message_start") => self.count(v.pointer("/message/usage/input_tokens"), None),
            Some("content_block_delta") => fresh.push_str(v.pointer("/delta/text").and_then(Value::as_str).unwrap_or_default()),
            Some("message_delta") => {
                self.count(v.pointer("/usage/input_tokens"), v.pointer("/usage/output_tokens"));
                self.reason(v.pointer("/delta/stop_reason"));
            }
            Some("message_stop") => self.ended = true,
            _ => {}
        }
    }

    fn openai(&mut self, v: &Value, fresh: &mut String) {
        fresh.push_str(v.pointer("/choices/0/delta/content").and_then(Value::as_str).unwrap_or_default());
        self.said.refused |= v.pointer("/choices/0/delta/refusal").is_some_and(Value::is_string);
        self.reason(v.pointer("/choices/0/finish_reason"));
        self.count(v.pointer("/usage/prompt_tokens"), v.pointer("/usage/completion_tokens"));
    }

    fn gemini(&mut self, v: &Value, fresh: &mut String) {
        for part in v.pointer("/candidates/0/content/parts").and_then(Value::as_array).into_iter().flatten() {
            fresh.push_str(part["text"].as_str().unwrap_or_default());
        }
        self.count(v.pointer("/usageMetadata/promptTokenCount"), v.pointer("/usageMetadata/candidatesTokenCount"));
        if v.pointer("/promptFeedback/blockReason").is_some() {
            (self.said.refused, self.ended) = (true, true);
        }
        if let Some(reason) = v.pointer("/candidates/0/finishReason").filter(|r| r.is_string()) {
            self.reason(Some(reason));
            self.ended = true;
        }
    }

    fn ollama(&mut self, v: &Value, fresh: &mut String) {
        fresh.push_str(v.pointer("/message/content").and_then(Value::as_str).unwrap_or_default());
        self.count(v.get("prompt_eval_count"), v.get("eval_count"));
        self.ended |= v["done"] == true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANTHROPIC: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hel\"}}\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"lo\"}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    const OPENAI: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"Hel\"},\"finish_reason\":null}]}\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":25,\"completion_tokens\":15}}\n\ndata: [DONE]\n\n";
    const GEMINI: &str = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hel\"}]}}]}\n\ndata: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"lo\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":25,\"candidatesTokenCount\":15}}\n\n";
    const OLLAMA: &str = "{\"message\":{\"content\":\"Hel\"},\"done\":false}\n{\"message\":{\"content\":\"lo\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":25,\"eval_count\":15}\n";
    const ALL: [(Wire, &str); 4] = [(Wire::Anthropic, ANTHROPIC), (Wire::Openai, OPENAI), (Wire::Gemini, GEMINI), (Wire::Ollama, OLLAMA)];

    fn whole() -> End {
        End::Whole(Said { text: "Hello".to_owned(), input_tokens: Some(25), output_tokens: Some(15), refused: false })
    }

    #[test]
    fn streams_are_read_whole_whatever_the_size_of_their_pieces() {
        for (wire, text) in ALL {
            for size in [1, 7, 10_000] {
                let mut d = Decoder::new(wire);
                let fresh: String = text.as_bytes().chunks(size).map(|c| d.push(c)).collect();
                assert_eq!((fresh.as_str(), d.end()), ("Hello", whole()), "{wire:?} {size}");
            }
        }
    }

    #[test]
    fn streams_that_end_early_or_with_an_error_are_cut() {
        for (wire, text) in ALL {
            let mut d = Decoder::new(wire);
            d.push(text.as_bytes().get(..text.len() / 2).unwrap());
            assert_eq!(d.end(), End::Cut, "{wire:?}");
        }
        let mut d = Decoder::new(Wire::Anthropic);
        d.push(b"data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\ndata: {\"type\":\"message_stop\"}\n");
        assert_eq!(d.end(), End::Cut);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic_and_end_cut_or_whole(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for (wire, _) in ALL {
                let mut d = Decoder::new(wire);
                d.push(&bytes);
                let _ = d.end();
            }
        }
    }
}
