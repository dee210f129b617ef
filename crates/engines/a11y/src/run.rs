//! Carries the rules into the page and brings their answer back.

use std::io::Read;
use std::sync::OnceLock;
use std::time::Duration;

use argos_cdp::{CdpError, Locator, Page, Viewport};
use serde_json::{Value, json};

use crate::own;
use crate::report::{Audit, Level};

/// `axe.min.js` of axe-core 4.14.1, unchanged.
static AXE: &[u8] = include_bytes!("../assets/axe.min.js.zst");
/// Larger than it is; a damaged file ends there.
const AXE_BYTES_MAX: u64 = 4 << 20;
/// Leaves the element to the script that follows in the same world.
const REMEMBER: &str = "function () { globalThis.argosScope = this; return true; }";
const RUN: &str = include_str!("axe.js");

/// What is judged.
#[derive(Clone, Debug)]
pub struct Options {
    pub level: Level,
    /// What WCAG does not ask for, but experience does.
    pub best_practices: bool,
    /// Walk through the page with the Tab key; the focus is lost by it.
    pub keyboard: bool,
    /// Look at the page on a narrow screen too. This is the size it has, which it gets back.
    pub narrow: Option<Viewport>,
    /// Only what is in this element is judged, in whichever frame it is; it may take this long to come.
    pub scope: Option<(Locator, Duration)>,
    /// Rules that are left out.
    pub ignore_rules: Vec<String>,
}

fn source() -> Result<&'static str, CdpError> {
    static TEXT: OnceLock<Option<String>> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let mut text = String::new();
        let mut decoder = zstd::stream::read::Decoder::new(AXE).ok()?.take(AXE_BYTES_MAX);
        decoder.read_to_string(&mut text).ok()?;
        Some(text)
    });
    text.as_deref().ok_or_else(|| CdpError::Invalid("the rules of axe-core cannot be unpacked".to_owned()))
}

fn tags(options: &Options) -> Vec<&'static str> {
    let mut tags = vec!["wcag2a", "wcag21a", "wcag22a"];
    if options.level >= Level::Aa {
        tags.extend(["wcag2aa", "wcag21aa", "wcag22aa"]);
    }
    if options.level == Level::Aaa {
        tags.extend(["wcag2aaa", "wcag21aaa", "wcag22aaa"]);
    }
    if options.best_practices {
        tags.push("best-practice");
    }
    tags
}

/// Judges a page as it is now.
///
/// # Errors
/// When the browser or the page fails, or the page answers nonsense.
pub async fn audit(page: &Page, options: &Options) -> Result<Audit, CdpError> {
    let frame = match &options.scope {
        Some((scope, limit)) => scope.frame(*limit).await?,
        None => page.main_frame(),
    };
    if !frame.evaluate_apart::<bool>("typeof axe === 'object' && typeof axe.run === 'function'").await? {
        frame.evaluate_apart::<Value>(&format!("{}\n;null", source()?)).await?;
    }
    // These are off unless somebody names them.
    let mut rules = serde_json::Map::new();
    if options.level >= Level::Aa {
        rules.insert("css-orientation-lock".to_owned(), json!({ "enabled": true }));
        rules.insert("target-size".to_owned(), json!({ "enabled": true }));
    }
    rules.extend(options.ignore_rules.iter().map(|rule| (rule.clone(), json!({ "enabled": false }))));
    let wanted = json!({ "tags": tags(options), "rules": rules, "scope": options.scope.is_some() });
    if let Some((scope, limit)) = &options.scope {
        let _remembered: bool = scope.evaluate(REMEMBER, &Value::Null, *limit).await?;
    }
    let mut answer: Value = frame.evaluate_apart(&format!("({RUN})({wanted})")).await?;
    let own = Box::pin(own::rules(page, options.scope.is_none(), options.keyboard, options.narrow.as_ref(), options.level)).await?;
    let ignored = |rule: &Value| options.ignore_rules.iter().any(|id| rule["id"] == id.as_str());
    for (name, more) in [("violations", own.violations), ("passes", own.passes), ("incomplete", own.incomplete)] {
        if let Some(list) = answer.get_mut(name).and_then(Value::as_array_mut) {
            list.extend(more.into_iter().filter(|rule| !ignored(rule)));
        }
    }
    let unreadable = || CdpError::Unreadable { method: "axe.run".to_owned(), why: "it is no result of axe-core".to_owned() };
    Audit::read(&answer, options.level).ok_or_else(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_packed_whole_and_keep_their_licence() {
        let text = source().unwrap();
        assert!(text.starts_with("/*! axe v") && text.contains("Mozilla Public"), "{}", &text.chars().take(200).collect::<String>());
        assert!(AXE.len() < 200 << 10);
    }
}
