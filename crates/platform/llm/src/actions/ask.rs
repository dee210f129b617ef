//! Asking: budget, redaction, the call, the usage row. A failure is retried where the provider says it is busy.

use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_kernel::{Result, Uid};
use argos_net::{NetError, Request};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::actions::budget::{Size, tokens_of};
use crate::llm::{Answer, Asker, Llm, NoModel, Prompt};
use crate::model::catalogue;
use crate::model::stream::{Decoder, End};
use crate::model::wire::{self, Question, Said, Turn};
use crate::plan::{Plan, Wish};
use crate::store::reservations;
use crate::store::usage::{self, Call};

/// A whole answer of a provider.
const REPLY_MAX: usize = 4 << 20;
/// Further tries when a provider is busy.
const RETRIES: u32 = 2;

impl Llm {
    /// Asks and waits for the whole answer. The outer error is ours (the store), the inner one means "no model".
    pub async fn ask(&self, asker: &Asker, prompt: Prompt) -> Result<Result<Answer, NoModel>> {
        self.asked(asker, prompt, None).await
    }

    /// The same, handing over pieces of the text as they come. An answer that is cut is an error at the end.
    pub async fn stream(&self, asker: &Asker, prompt: Prompt, pieces: mpsc::Sender<String>) -> Result<Result<Answer, NoModel>> {
        self.asked(asker, prompt, Some(pieces)).await
    }

    async fn asked(&self, asker: &Asker, prompt: Prompt, pieces: Option<mpsc::Sender<String>>) -> Result<Result<Answer, NoModel>> {
        if !self.is_enabled()? {
            return Ok(Err(NoModel::Disabled));
        }
        let choices = self.choices(asker).await?;
        let wish = Wish { feature: prompt.feature, provider: prompt.provider, model: prompt.model.as_deref() };
        let mut plan = match self.plan(asker, &choices, wish).await? {
            Ok(plan) => plan,
            Err(why) => return Ok(Err(why)),
        };
        if prompt.turns.iter().any(|t| !t.pictures.is_empty()) && catalogue::sees(plan.provider, &plan.model) == Some(false) {
            let why = NoModel::SeesNothing(plan.model.clone());
            self.note(asker, &prompt, &plan, Err(&why), (0, None)).await?;
            return Ok(Err(why));
        }
        let redactor = self.0.vault.redactor();
        let clean = |t: &str| redactor.text(t).into_owned();
        let turns: Vec<Turn> = prompt.turns.iter().map(|t| Turn { content: clean(&t.content), ..t.clone() }).collect();
        let system = clean(&prompt.system);
        let chars: usize = system.chars().count() + turns.iter().map(|t| t.content.chars().count()).sum::<usize>();
        let patience = prompt.patience.map_or(plan.timeout, |p| p.min(plan.timeout));
        let shown: i64 = turns.iter().flat_map(|t| &t.pictures).map(|p| p.tokens(plan.provider, &plan.model)).sum();
        let size = Size { tokens: tokens_of(chars).saturating_add(shown), patience };
        let reserved = match self.allowance(asker, &choices, &plan, prompt.about, size).await? {
            Ok(allowed) => {
                plan.max_tokens = allowed.max_tokens;
                allowed.reserved
            }
            Err(which) => {
                self.note(asker, &prompt, &plan, Err(&NoModel::Budget(which)), (0, None)).await?;
                return Ok(Err(NoModel::Budget(which)));
            }
        };
        let question = Question {
            model: &plan.model,
            system: &system,
            turns: &turns,
            max_tokens: plan.max_tokens,
            temperature: plan.temperature,
            stream: pieces.is_some(),
        };
        let started = Instant::now();
        let said = match tokio::time::timeout(patience, self.call(&plan, &question, pieces)).await {
            Ok(said) => said,
            Err(_) => Err(NoModel::Timeout),
        };
        let took_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let cost_usd = plan.cost(said.as_ref().ok());
        // Who hung up early knows nothing of the provider.
        if patience == plan.timeout || !matches!(said, Err(NoModel::Timeout)) {
            self.remember(&plan, said.as_ref().err());
        }
        self.note(asker, &prompt, &plan, said.as_ref(), (took_ms, reserved)).await?;
        Ok(said.and_then(|s| match s {
            s if s.refused => Err(NoModel::Refused),
            s if s.text.trim().is_empty() => Err(NoModel::BadAnswer),
            s => Ok(Answer { text: s.text, cost_usd, provider: plan.provider, model: plan.model }),
        }))
    }

    async fn call(&self, plan: &Plan, question: &Question<'_>, pieces: Option<mpsc::Sender<String>>) -> Result<Said, NoModel> {
        let mut pause = Duration::from_secs(1);
        for attempt in 0.. {
            let outcome = match &pieces {
                None => self.whole(plan, question).await,
                Some(pieces) => self.pieces(plan, question, pieces).await,
            };
            match outcome {
                Err(NoModel::Status(429 | 500..=599)) if attempt < RETRIES => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(30));
                }
                other => return other,
            }
        }
        Err(NoModel::BadAnswer)
    }

    fn request(&self, plan: &Plan, question: &Question<'_>) -> Request {
        let out = wire::write(plan.provider.wire(), question);
        let mut request =
            Request::post(plan.class, format!("{}{}", plan.base_url, out.path)).json(&out.body).timeout(plan.timeout).bytes_max(REPLY_MAX);
        for (name, value) in out.headers {
            request = request.header(name, value);
        }
        if let Some(key) = &plan.key {
            let (name, before) = out.key_header;
            request = request.header(name, &format!("{before}{}", key.reveal()));
        }
        request
    }

    async fn whole(&self, plan: &Plan, question: &Question<'_>) -> Result<Said, NoModel> {
        let reply = self.0.net.send(self.request(plan, question)).await.map_err(|e| failed(&e))?;
        if !(200..300).contains(&reply.status) {
            return Err(NoModel::Status(reply.status));
        }
        wire::read(plan.provider.wire(), &reply.body).ok_or(NoModel::BadAnswer)
    }

    async fn pieces(&self, plan: &Plan, question: &Question<'_>, pieces: &mpsc::Sender<String>) -> Result<Said, NoModel> {
        let mut decoder = Decoder::new(plan.provider.wire());
        let mut waiting = String::new();
        let sink = |bytes: &[u8]| {
            waiting.push_str(&decoder.push(bytes));
            // A slow reader gets larger pieces; one that went away ends the call.
            if !waiting.is_empty() && pieces.try_send(waiting.clone()).is_ok() {
                waiting.clear();
            }
            !pieces.is_closed()
        };
        let sent = self.0.net.send_watched(self.request(plan, question), sink).await;
        match sent {
            Ok(reply) if !(200..300).contains(&reply.status) => Err(NoModel::Status(reply.status)),
            Ok(_) => match decoder.end() {
                End::Whole(said) => Ok(said),
                End::Cut => Err(NoModel::BadAnswer),
            },
            // What broke in the middle is a cut answer; what never began was not reached.
            Err(NetError::Protocol(_)) => Err(NoModel::BadAnswer),
            Err(e) => Err(failed(&e)),
        }
    }

    /// What it came to takes the place of what was set aside for it.
    async fn note(
        &self,
        asker: &Asker,
        prompt: &Prompt,
        plan: &Plan,
        said: std::result::Result<&Said, &NoModel>,
        (duration_ms, reserved): (i64, Option<Uid>),
    ) -> Result<()> {
        let (input_tokens, output_tokens) = said.ok().map_or((None, None), |s| (s.input_tokens, s.output_tokens));
        let outcome = match said {
            Ok(s) if s.refused => NoModel::Refused.code(),
            Ok(_) => "ok",
            Err(why) => why.code(),
        };
        let cost_usd = plan.cost(said.ok());
        let call = Call {
            at: self.0.clock.now(),
            user_id: asker.user_id,
            user_name: &asker.actor.name,
            organization_id: asker.organization_id,
            feature: prompt.feature,
            provider: plan.provider.as_str(),
            model: &plan.model,
            key_owner: plan.key_owner,
            outcome,
            input_tokens,
            output_tokens,
            cost_usd,
            duration_ms,
            run: prompt.about.run,
            test: prompt.about.test,
        };
        // Who asked what for is recorded; what was said is not.
        let mut change = self.0.audit.begin(&asker.actor).await?;
        usage::add(&mut change, &call).await?;
        if let Some(uid) = reserved {
            reservations::end(&mut change, uid).await?;
        }
        let text = format!("Asked {} ({}) for {}: {outcome}", plan.provider.as_str(), plan.model, prompt.feature);
        change.commit(Entry::new("llm.ask", Category::Action).target("llm", plan.provider.as_str()).describe(text)).await
    }
}

fn failed(e: &NetError) -> NoModel {
    match e {
        NetError::Timeout => NoModel::Timeout,
        NetError::TooLarge(_) => NoModel::BadAnswer,
        other => NoModel::Unreachable(other.to_string()),
    }
}
