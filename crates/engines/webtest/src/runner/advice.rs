//! Asking somebody who may know what the rules do not, and what of the page is told for it: never a secret.

use serde_json::{Value, json};

use super::Runner;
use crate::advice::{Advice, weighed};
use crate::grammar::{self, Instruction};
use crate::heal::{Fingerprint, Healing};
use crate::outcome::Advised;

/// Controls of a page that are told, and characters of each of their texts.
const CONTROLS_MAX: usize = 80;
const TEXT_CHARS_MAX: usize = 80;

/// What came of asking during one step.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) notes: Vec<String>,
    advised: Option<Advised>,
}

impl Heard {
    pub(crate) fn of<T>(&mut self, advice: &Advice<T>) {
        let known = self.advised.get_or_insert(Advised { cost_usd: Some(0.0), used: false });
        known.cost_usd = known.cost_usd.zip(advice.cost_usd).map(|(before, more)| before + more);
        self.notes.extend(advice.note.clone());
    }

    fn used(&mut self) {
        if let Some(advised) = &mut self.advised {
            advised.used = true;
        }
    }

    pub(crate) fn advised(&self) -> Option<Advised> {
        self.advised
    }
}

impl Runner<'_> {
    /// What a sentence means that the grammar does not know, as one it knows.
    pub(crate) async fn reworded(&mut self, sentence: &str) -> Option<Instruction> {
        let adviser = self.options.adviser.clone()?;
        if self.redactor.clean(sentence) != sentence {
            self.heard.notes.push("the sentence shows a secret, so nobody was asked what it means".to_owned());
            return None;
        }
        let page = self.told_page().await;
        let advice = adviser.reword(sentence, &page).await;
        self.heard.of(&advice);
        let said = advice.said?;
        let read = grammar::parse(&said);
        self.heard.notes.push(match read {
            Some(_) => format!("a model read it as “{said}”"),
            None => "what a model made of it is not understood either".to_owned(),
        });
        if read.is_some() {
            self.heard.used();
        }
        read
    }

    /// How sure the likest candidate is once a model looked at them; as sure as before without one.
    pub(crate) async fn ranked(&mut self, known: &Fingerprint, healing: &Healing, sure: f64) -> f64 {
        let Some(adviser) = self.options.adviser.clone() else { return sure };
        let known = self.redactor.clean_value(&json!(known));
        let looks: Vec<Value> =
            healing.candidates.iter().map(|c| json!({ "selector": c["selector"], "attributes": c["attributes"] })).collect();
        let Some(advice) = adviser.rank(&known, &looks).await else { return sure };
        self.heard.of(&advice);
        let Some(ranking) = advice.said else { return sure };
        self.heard.used();
        let now = weighed(sure, ranking);
        self.heard.notes.push(match ranking.best {
            Some(0) => format!("a model takes it for the same element too ({:.2})", ranking.confidence),
            Some(_) => "a model takes another candidate for the element".to_owned(),
            None => "a model takes no candidate for the element".to_owned(),
        });
        now
    }

    /// Address, title and controls of the page, as far as they can be seen now.
    async fn told_page(&self) -> Value {
        let Some(page) = self.stage.page() else { return json!({}) };
        let controls: Vec<Value> = self
            .candidates()
            .await
            .unwrap_or_default()
            .iter()
            .filter(|c| c.role.is_some())
            .filter_map(control)
            .take(CONTROLS_MAX)
            .collect();
        let title = page.title().await.unwrap_or_default();
        self.redactor.clean_value(&json!({ "url": page.url(), "title": title, "controls": controls }))
    }
}

/// What is told of a control; nothing of one without a name.
fn control(look: &Fingerprint) -> Option<Value> {
    let cut = |text: &Option<String>| text.as_ref().map(|t| t.chars().take(TEXT_CHARS_MAX).collect::<String>()).filter(|t| !t.is_empty());
    let name = cut(&look.accessible_name).or_else(|| cut(&look.text)).or_else(|| cut(&look.placeholder))?;
    Some(json!({ "role": look.role, "name": name, "type": look.kind }))
}
