//! CSV as RFC 4180 has it: the first line names the fields, a field in quotes may hold anything.

use serde_json::{Map, Value};

use super::{FIELD_NAME_MAX, FIELDS_MAX, ROWS_MAX};

/// The rows of a CSV text, every value a text. Empty lines are passed over.
///
/// # Errors
/// What is wrong, with its line counted from 1.
pub fn read(text: &str, delimiter: char) -> Result<Vec<Value>, String> {
    let mut lines = lines(text.trim_start_matches('\u{feff}'), delimiter)?.into_iter();
    let Some((_, names)) = lines.next() else { return Err("the first line names the fields, and there is none".to_owned()) };
    let names: Vec<String> = names.into_iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) || names.len() > FIELDS_MAX {
        return Err(format!("the first line names each field, at most {FIELDS_MAX}"));
    }
    if names.iter().any(|name| name.len() > FIELD_NAME_MAX) {
        return Err(format!("the name of a field has at most {FIELD_NAME_MAX} bytes"));
    }
    if let Some(twice) = names.iter().enumerate().find_map(|(at, name)| names.get(..at)?.contains(name).then_some(name)) {
        return Err(format!("the field {twice:?} is named twice"));
    }
    let mut rows = Vec::new();
    for (line, fields) in lines {
        if fields.len() != names.len() {
            return Err(format!("line {line} has {} fields, the first one {}", fields.len(), names.len()));
        }
        if rows.len() >= ROWS_MAX {
            return Err(format!("a data set has at most {ROWS_MAX} rows"));
        }
        let row: Map<String, Value> = names.iter().cloned().zip(fields.into_iter().map(Value::String)).collect();
        rows.push(Value::Object(row));
    }
    Ok(rows)
}

/// Fields of each line with the number of the line.
fn lines(text: &str, delimiter: char) -> Result<Vec<(usize, Vec<String>)>, String> {
    let mut lines: Vec<(usize, Vec<String>)> = Vec::new();
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut line, mut begun, mut quoted, mut was_quoted) = (1, 1, false, false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            c if quoted => field.push(c),
            '"' if field.is_empty() && !was_quoted && delimiter != '"' => (quoted, was_quoted) = (true, true),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => {
                let blank = fields.is_empty() && field.is_empty() && !was_quoted;
                fields.push(std::mem::take(&mut field));
                if blank {
                    fields.clear();
                } else {
                    lines.push((begun, std::mem::take(&mut fields)));
                }
                (was_quoted, begun) = (false, line);
            }
            c if c == delimiter => {
                fields.push(std::mem::take(&mut field));
                was_quoted = false;
            }
            c => field.push(c),
        }
    }
    if quoted {
        return Err(format!("the quote that opens in line {begun} is not closed"));
    }
    if !fields.is_empty() || !field.is_empty() || was_quoted {
        fields.push(field);
        lines.push((begun, fields));
    }
    Ok(lines)
}
