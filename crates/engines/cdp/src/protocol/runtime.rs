//! `Runtime`: scripts, the worlds they run in and what they say.

use serde_json::Value;

use super::{Done, events, methods, read};

methods! {
    "Runtime.enable", Enable {} -> Done;
    "Runtime.evaluate", Evaluate { expression: String, return_by_value: bool, await_promise: bool } opt { context_id: i64, user_gesture: bool } -> Evaluated;
    "Runtime.callFunctionOn", CallFunctionOn { function_declaration: String, return_by_value: bool, await_promise: bool } opt { object_id: String, arguments: Vec<Argument>, execution_context_id: i64, user_gesture: bool } -> Evaluated;
    "Runtime.releaseObject", ReleaseObject { object_id: String } -> Done;
    "Runtime.terminateExecution", TerminateExecution {} -> Done;
    "Runtime.runIfWaitingForDebugger", RunIfWaitingForDebugger {} -> Done;
}

/// An argument of a function that is called in the page.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Argument {
    Value(Value),
    ObjectId(String),
}

read! {
    Evaluated { result: RemoteObject, exception_details: Option<ExceptionDetails> }
    /// A value of the page: itself when it was asked for by value, else a handle.
    RemoteObject { #[serde(rename = "type")] kind: String, subtype: Option<String>, value: Option<Value>, unserializable_value: Option<String>, description: Option<String>, object_id: Option<String>, preview: Option<Value> }
    ExceptionDetails { text: String, line_number: i64, column_number: i64, url: Option<String>, exception: Option<RemoteObject>, stack_trace: Option<StackTrace> }
    StackTrace { call_frames: Vec<CallFrame> }
    CallFrame { function_name: String, url: String, line_number: i64, column_number: i64 }
    ContextInfo { id: i64, name: String, origin: String, aux_data: ContextFrame }
    ContextFrame { is_default: bool, frame_id: Option<String>, #[serde(rename = "type")] kind: String }
}

events! {
    "Runtime.executionContextCreated", ContextCreated { context: ContextInfo }
    "Runtime.executionContextDestroyed", ContextDestroyed { execution_context_id: i64 }
    "Runtime.consoleAPICalled", ConsoleCalled { #[serde(rename = "type")] kind: String, args: Vec<RemoteObject>, execution_context_id: i64, timestamp: f64, stack_trace: Option<StackTrace> }
    "Runtime.exceptionThrown", ExceptionThrown { timestamp: f64, exception_details: ExceptionDetails }
}

impl ExceptionDetails {
    /// What was thrown, in one text.
    pub fn message(&self) -> String {
        match &self.exception {
            Some(RemoteObject { description: Some(text), .. }) => text.clone(),
            Some(RemoteObject { value: Some(Value::String(text)), .. }) => text.clone(),
            Some(RemoteObject { value: Some(value), .. }) => value.to_string(),
            _ => self.text.clone(),
        }
    }
}
