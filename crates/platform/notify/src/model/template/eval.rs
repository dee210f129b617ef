//! Nodes and fields to text.

use serde_json::Value;

use super::parse::{Command, Node, Operand, Pipeline};

const OUTPUT_MAX: usize = 64 << 10;
const STEPS_MAX: usize = 20_000;

struct Run {
    out: String,
    steps: usize,
}

pub(super) fn run(nodes: &[Node], fields: &Value) -> Result<String, String> {
    let mut run = Run { out: String::new(), steps: 0 };
    run.nodes(nodes, fields)?;
    Ok(run.out)
}

impl Run {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<(), String> {
        for node in nodes {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return Err("the template takes too long".to_owned());
            }
            match node {
                Node::Text(text) => self.out.push_str(text),
                Node::Emit(pipeline) => self.out.push_str(&shown(&value(pipeline, dot)?)),
                Node::If { test, then, otherwise } => {
                    let branch = if truthy(&value(test, dot)?) { then } else { otherwise };
                    self.nodes(branch, dot)?;
                }
                Node::Range { over, body, otherwise } => {
                    let items: Vec<Value> = match value(over, dot)? {
                        Value::Array(items) => items,
                        Value::Object(map) => map.into_iter().map(|(_, v)| v).collect(),
                        _ => Vec::new(),
                    };
                    if items.is_empty() {
                        self.nodes(otherwise, dot)?;
                    }
                    for item in &items {
                        self.nodes(body, item)?;
                    }
                }
            }
            if self.out.len() > OUTPUT_MAX {
                return Err(format!("the text is too long: more than {OUTPUT_MAX} bytes"));
            }
        }
        Ok(())
    }
}

fn value(pipeline: &Pipeline, dot: &Value) -> Result<Value, String> {
    let mut current: Option<Value> = None;
    for command in pipeline {
        current = Some(match command {
            Command::Value(operand) => read(operand, dot)?,
            Command::Call(function, operands) => {
                let mut args = operands.iter().map(|o| read(o, dot)).collect::<Result<Vec<_>, _>>()?;
                args.extend(current.take());
                function.call(args)?
            }
        });
    }
    Ok(current.unwrap_or(Value::Null))
}

fn read(operand: &Operand, dot: &Value) -> Result<Value, String> {
    match operand {
        Operand::Literal(value) => Ok(value.clone()),
        Operand::Nested(pipeline) => value(pipeline, dot),
        Operand::Path(parts) => {
            let found = parts.iter().try_fold(dot, |v, part| v.get(part));
            Ok(found.cloned().unwrap_or(Value::Null))
        }
    }
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// As it stands in the text: a missing value is nothing.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
