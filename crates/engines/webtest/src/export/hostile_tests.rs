//! No text of a test becomes code: every member of every action and claim, in every exporter, judged by a reader of
//! quotes and by the languages themselves.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::cypress::TYPES;
use super::{ExportOptions, Exported, Target, export, targets};
use crate::plan::{Action, Claim, Plan};

/// A name that occurs in texts alone; outside quotes and comments it is code somebody put there.
const MARK: &str = "injected";

const HOSTILE: [&str; 24] = [
    "index=0); injected(",
    "\"); injected(\"",
    "'); injected('",
    "`); injected(`",
    "${injected}",
    "\\\"); injected(",
    "\\",
    "a\ninjected()\r\n\u{2028}injected()\u{2029}\u{0}\u{85}\u{c}injected()",
    "*/ injected() /*",
    "# injected",
    "/injected\"(/i",
    "/wiki/Rust_(injected)",
    "**/injected(*\"",
    "frame=#a >> text=\"injected\\\"\" >> nth=1 >> nth=x",
    "role=button[name=\"injected\"]",
    "//a[.=\"injected'\"]",
    "div.card:has-text(\"injected\") > a:visible",
    "label=it's \"injected\"",
    "{{injected.\"}} {{secrets.injected}}",
    "{{injected.user.0}}",
    "attribute:injected\"",
    "inf,nan",
    ">= 3; injected",
    "Control+injected'+\"",
];

/// What is left of code without its texts and comments.
fn bare(code: &str, python: bool) -> String {
    let mut rest = code.chars().peekable();
    let mut bare = String::new();
    while let Some(c) = rest.next() {
        let comment = if python { c == '#' } else { c == '/' && rest.peek() == Some(&'/') };
        if comment {
            while rest.next_if(|c| *c != '\n').is_some() {}
        } else if c == '"' || c == '\'' || c == '`' && !python {
            while let Some(inner) = rest.next() {
                // No literal of these languages but a template goes over the end of a line.
                assert!(inner != '\n' || c == '`', "a literal is broken: {code}");
                if inner == '\\' {
                    rest.next();
                } else if inner == c {
                    break;
                }
            }
            bare.push(c);
        } else {
            bare.push(c);
        }
    }
    bare
}

fn with(text: &str, optional: bool, continue_on_failure: bool) -> Value {
    json!({ "name": text, "description": text, "optional": optional, "continue_on_failure": continue_on_failure, "wait_after": 1 })
}

/// A test that has `text` wherever a text can be.
fn everywhere(text: &str) -> Value {
    let merged = |one: Value, other: Value| match (one, other) {
        (Value::Object(one), Value::Object(other)) => Value::Object(one.into_iter().chain(other).collect()),
        (one, _) => one,
    };
    let options =
        json!({ "state": text, "wait_until": text, "method": text, "body": text, "name": text, "headers": { text: text }, "force": true });
    let mut steps = Vec::new();
    for action in Action::all().filter(|action| *action != Action::Assert) {
        let own = json!({ "action": action.name(), "target": text, "value": text, "save_as": "kept", "timeout": 5, "frame": text, "options": options });
        for (optional, goes_on) in [(false, false), (true, false), (false, true)] {
            steps.push(merged(own.clone(), with(text, optional, goes_on)));
        }
        let value =
            merged(own.clone(), json!({ "value": { text: [text, 1, null, true] }, "options": { "json": { text: text }, "status": 201 } }));
        steps.extend([
            value,
            json!({ "action": action.name(), "value": text, "save_as": "kept" }),
            json!({ "action": action.name(), "target": text, "value": [text], "save_as": "kept", "options": { "abort": true } }),
        ]);
    }
    let mut claims = Vec::new();
    for claim in Claim::all() {
        let claim = json!({ "type": claim.name(), "target": text, "expected": text, "frame": text, "timeout": 5 });
        for more in [json!({}), json!({ "not": true }), json!({ "soft": true, "options": { "name": text } })] {
            claims.push(merged(claim.clone(), more));
        }
    }
    steps.extend(claims.iter().map(|claim| merged(json!({ "action": "assert" }), claim.clone())));
    // What needs a text is nothing without one.
    steps.retain(|step| Plan::parse(&json!({ "steps": [step] })).is_ok());
    claims.retain(|claim| Plan::parse(&json!({ "assertions": [claim] })).is_ok());
    // A list has at most so many.
    steps.truncate(500);
    let after: Vec<_> = steps.iter().take(20).cloned().collect();
    json!({ "name": text, "variables": { "user": text, text: { text: [text] } }, "setup": steps, "assertions": claims, "teardown": after })
}

fn codes(text: &str, page_object: bool) -> Vec<(Target, Exported)> {
    let plan = Plan::parse(&everywhere(text)).unwrap();
    let options = ExportOptions { base_url: Some(text.to_owned()), page_object, ..ExportOptions::default() };
    targets().iter().map(|info| (info.target, export(&plan, info.target, &options))).collect()
}

fn judge(text: &str) {
    for (target, exported) in codes(text, false) {
        let bare = bare(&exported.code, exported.language == "python");
        // The name of the test is made a name of the language.
        let named = |line: &str| ["def test_", "class ", "void test"].iter().any(|name| line.trim_start().starts_with(name));
        let left = bare.lines().find(|line| line.contains(MARK) && !named(line));
        assert_eq!(left, None, "{target:?} of {text:?}");
    }
}

#[test]
fn no_text_of_any_member_becomes_code() {
    HOSTILE.iter().for_each(|text| judge(text));
}

/// Has a program read programs, one JSON text each; the error says which cannot be read.
#[expect(clippy::disallowed_methods, reason = "the languages themselves are the judges")]
fn read_by(program: &str, script: &str, codes: &[(String, String)]) {
    let child = Command::new(program)
        .arg(if program == "node" { "-e" } else { "-c" })
        .arg(script)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.expect("node and python3 are what tests of this workspace need");
    child.stdin.take().unwrap().write_all(json!(codes).to_string().as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn every_export_is_a_program_of_its_language() {
    let (mut scripts, mut pythons) = (Vec::new(), Vec::new());
    for (n, text) in HOSTILE.iter().enumerate() {
        // Every other one with its elements in one place: both ways share all that puts texts into quotes.
        for (target, exported) in codes(text, n % 2 == 1) {
            let name = format!("{target:?} of {text:?}");
            if exported.language == "java" {
                // It is compiled below.
            } else if exported.language == "python" {
                pythons.push((name, exported.code));
            } else {
                // What the types add stands in these places alone.
                let code = exported.code.replacen("import { test, expect } from '@playwright/test';", "", 1);
                let code =
                    code.replacen("import { test, expect, type Page } from '@playwright/test';", "", 1).replace("(page: Page)", "(page)");
                let code = code.replacen("import puppeteer from 'puppeteer';", "", 1).replacen("const baseUrl: string", "const baseUrl", 1);
                let code = code.replacen(TYPES.trim_end(), "", 1).replacen("(cy as any)", "cy", 1);
                scripts.push((
                    name,
                    code.replacen(": Record<string, any>", "", 1).replacen(": unknown[]", "", 1).replacen(": string[]", "", 1),
                ));
            }
        }
    }
    let script = "const vm = require('vm'); for (const [name, code] of JSON.parse(require('fs').readFileSync(0, 'utf8'))) { try { new vm.Script(code); } catch (error) { console.error(name, error.stack.slice(0, 2000)); process.exit(1); } }";
    read_by("node", script, &scripts);
    let script = "import ast, json, sys\nfor name, code in json.load(sys.stdin):\n  try:\n    ast.parse(code)\n  except SyntaxError as error:\n    sys.exit(f'{name}: {error} {error.text!r}')";
    read_by("python3", script, &pythons);
}

/// The compiler of Java knows the tool as well: what is called is there, and takes what it is given.
#[test]
fn every_export_to_java_compiles() {
    let java = argos_peers::Java::find().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut args = ["-encoding", "UTF-8", "-nowarn", "-proc:none", "-cp", &java.class_path, "-d"].map(str::to_owned).to_vec();
    args.push(dir.path().join("classes").display().to_string());
    let mut files = super::Files::default();
    for (n, text) in HOSTILE.iter().enumerate() {
        let mut plan = Plan::parse(&everywhere(text)).unwrap();
        // Each step stands with a quarter of the texts: all of it with all of them takes long.
        let mut at = 0;
        plan.setup.retain(|_| {
            at += 1;
            at % 4 == n % 4
        });
        let rows = vec![crate::sets::set_of(&json!({ "name": text, "a": text, "b": [null, 1.5, { "c": false }] })).unwrap()];
        let rows = if n % 3 == 0 { rows } else { Vec::new() };
        let options = ExportOptions { base_url: Some((*text).to_owned()), page_object: n % 2 == 1, rows, ..ExportOptions::default() };
        let exported = files.write(&plan, Target::SeleniumJava, &options);
        let path = dir.path().join(&exported.filename);
        std::fs::write(&path, exported.code).unwrap();
        args.push(path.display().to_string());
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    argos_peers::process::run(&java.javac, &args, &[]).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn any_text_stays_inside_its_literal(before in any::<String>(), after in any::<String>()) {
        judge(&format!("{before}{MARK}{after}"));
    }

    #[test]
    fn any_selector_stays_inside_its_literal(before in "[a-z=:>' \"\\\\(){}\\[\\].*/]{0,20}", after in "[a-z=:>' \"\\\\(){}\\[\\].*/]{0,20}") {
        judge(&format!("{before}{MARK}{after}"));
    }
}
