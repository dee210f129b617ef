//! What a process shows of its nodes to the others: what dashboards and lists need, never a configuration or a picture.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use argos_kernel::{Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::service::{Nodes, Picture, Pieces, Session, Told, hold};
use crate::store::links;

/// Nodes in one row.
const PART: usize = 100;
/// How long a node elsewhere may take to send the configuration that is kept of it here.
const CONFIG_WAIT: Duration = Duration::from_secs(10);

/// One node of another process. Times are microseconds of UTC.
#[derive(Serialize, Deserialize)]
struct Fed {
    node_id: String,
    seq: i64,
    name: String,
    connected_at: i64,
    remote: Option<std::net::IpAddr>,
    stats: Option<Arc<Value>>,
    stats_at: Option<i64>,
    health: Option<Arc<Value>>,
    software_version: Option<String>,
    capabilities: Vec<String>,
    process_started_at: Option<i64>,
    /// Changes with the configuration that is known of it.
    config_number: u64,
    pictures: Vec<(String, Option<String>, i64)>,
    leg_failed: bool,
    seen_at: i64,
}

impl Fed {
    fn of(session: &Session) -> Self {
        let told = hold(&session.told);
        Self {
            node_id: session.node_id.clone(),
            seq: session.seq.load(Ordering::Relaxed),
            name: session.name(),
            connected_at: session.connected_at().micros(),
            remote: session.remote(),
            stats: told.stats.clone(),
            stats_at: told.stats_at.map(Timestamp::micros),
            health: told.health.clone(),
            software_version: told.software_version.clone(),
            capabilities: told.capabilities.clone(),
            process_started_at: told.process_started_at.map(Timestamp::micros),
            config_number: told.config_number,
            pictures: told.pictures.iter().map(|((flow, input), p)| (flow.clone(), input.clone(), p.at.micros())).collect(),
            leg_failed: told.leg_failed,
            seen_at: told.seen_at.micros(),
        }
    }

    /// Gives a mirror what is known over there.
    fn show(self, mirror: &Session) -> Shown {
        let time = Timestamp::from_micros;
        // What is there when a node comes is found in its state.
        let is_first = mirror.connected_at() != time(self.connected_at);
        hold(&mirror.node_name).clone_from(&self.name);
        mirror.meet(time(self.connected_at), self.remote);
        let empty: Arc<[u8]> = Arc::default();
        let pictures: BTreeMap<_, _> = self
            .pictures
            .into_iter()
            .map(|(flow, input, at)| ((flow, input), Picture { jpeg: Arc::clone(&empty), at: time(at) }))
            .collect();
        let mut told = hold(&mirror.told);
        let is_new = |key: &PictureKey, at: Timestamp| !is_first && told.pictures.get(key).is_none_or(|before| before.at != at);
        let news = pictures.iter().filter(|(key, p)| is_new(key, p.at)).map(|(key, p)| (key.clone(), p.at)).collect();
        (told.stats, told.health, told.stats_at) = (self.stats, self.health, self.stats_at.map(time));
        (told.software_version, told.capabilities, told.leg_failed) = (self.software_version, self.capabilities, self.leg_failed);
        (told.process_started_at, told.seen_at, told.pictures) = (self.process_started_at.map(time), time(self.seen_at), pictures);
        told.pieces = Pieces::default();
        let other_config = told.config_number != self.config_number;
        if other_config {
            (told.config, told.config_number) = (None, self.config_number);
        }
        Shown { other_config, pictures: news }
    }
}

/// The flow of a picture, and its input when it is not of what the flow sends.
type PictureKey = (String, Option<String>);

/// What was new in a feed.
struct Shown {
    other_config: bool,
    pictures: Vec<(PictureKey, Timestamp)>,
}

impl Nodes {
    pub(super) async fn show_feed(&self, beat: i64) -> Result<()> {
        let own: Vec<Fed> = self.own_sessions().iter().map(|s| Fed::of(s)).filter(|fed| fed.seq != 0).collect();
        let texts = own.chunks(PART).map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
        let mut parts = texts.map_err(argos_kernel::AppError::internal)?;
        if parts.is_empty() {
            // That it lives is worth showing too.
            parts.push("[]".to_owned());
        }
        self.platform.store.state.batch(links::feed(&self.elsewhere.replica, beat, parts)).await?;
        Ok(())
    }

    pub(super) async fn end_feed(&self) -> Result<()> {
        Ok(links::end_feed(&self.platform.store.state, &self.elsewhere.replica).await?)
    }

    pub(super) async fn read_feeds(self: &Arc<Self>) -> Result<()> {
        let mut shown = false;
        for (replica, beat, body) in links::feeds(&self.platform.store.state, &self.elsewhere.replica).await? {
            self.elsewhere.heard(&replica, beat);
            let Ok(part) = serde_json::from_str::<Vec<Fed>>(&body) else {
                tracing::error!(replica, "what another process shows of its nodes is not understood");
                continue;
            };
            for fed in part {
                let mirror = self.session(&fed.node_id);
                let fits = |s: &Arc<Session>| s.there.as_deref() == Some(&replica) && s.seq.load(Ordering::Relaxed) == fed.seq;
                let Some(mirror) = mirror.filter(fits) else { continue };
                shown = true;
                let new = fed.show(&mirror);
                for ((flow, input), at) in new.pictures {
                    self.tell_picture(&mirror.node_id, &flow, input.as_deref(), &at.micros().to_string());
                }
                if new.other_config {
                    self.fetch_config(mirror);
                }
            }
        }
        if shown {
            self.changed();
        }
        Ok(())
    }

    /// Lists show flows of the configuration, so it is asked for when it is another one.
    fn fetch_config(self: &Arc<Self>, mirror: Arc<Session>) {
        let nodes = Arc::clone(self);
        self.platform.tasks.once("node-mirror", async move {
            // Nobody closes it.
            let Ok(_place) = nodes.elsewhere.fetching.acquire().await else { return };
            let number = hold(&mirror.told).config_number;
            let answer = nodes.config(&mirror, false, CONFIG_WAIT).await;
            if let Err(error) = &answer {
                tracing::debug!(%error, node = mirror.node_id, "the configuration of a node elsewhere is not known yet");
            }
            fetched(&mut hold(&mirror.told), number, answer.ok());
        });
    }
}

/// Keeps the configuration that was asked for under a number; without one it is asked for again with the next feed.
fn fetched(told: &mut Told, number: u64, config: Option<Arc<Value>>) {
    if told.config_number != number {
        return;
    }
    match config {
        Some(config) => told.config = Some(config),
        // No feed has this number.
        None => told.config_number = u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::node::Node;

    fn session() -> Session {
        let body = serde_json::json!({ "name": "edge" });
        let now = Timestamp::from_secs(1);
        let node = Node::create("a".to_owned(), "hash".to_owned(), body.as_object().unwrap(), now).unwrap();
        Session::new(&node, now, None, None, Told::default()).0
    }

    #[test]
    fn a_configuration_that_could_not_be_fetched_is_asked_for_again() {
        let (own, mirror) = (session(), session());
        let config = Arc::new(Value::from("config"));
        hold(&own.told).set_config(Some(Arc::clone(&config)));
        let feed = || Fed::of(&own).show(&mirror).other_config;
        assert!(feed(), "it is another one");
        assert!(!feed(), "it is being asked for");
        fetched(&mut hold(&mirror.told), 1, None);
        assert!(feed(), "it could not be told: asked for again");
        fetched(&mut hold(&mirror.told), 1, Some(Arc::clone(&config)));
        assert!(!feed() && hold(&mirror.told).config.as_ref() == Some(&config));
        hold(&own.told).set_config(None);
        assert!(feed());
        fetched(&mut hold(&mirror.told), 1, Some(config));
        assert_eq!(hold(&mirror.told).config, None, "an answer to an older question says nothing");
    }

    #[test]
    fn picture_is_news_once_and_not_when_its_node_comes() {
        let (own, mirror) = (session(), session());
        own.meet(Timestamp::from_secs(5), None);
        let take = |flow: &str, at: i64| {
            let picture = Picture { jpeg: Arc::default(), at: Timestamp::from_secs(at) };
            assert!(hold(&own.told).keep_picture((flow.to_owned(), None), picture));
        };
        let news = || Fed::of(&own).show(&mirror).pictures.into_iter().map(|((flow, _), at)| (flow, at.secs())).collect::<Vec<_>>();
        take("f1", 6);
        assert!(news().is_empty());
        take("f2", 7);
        assert_eq!(news(), [("f2".to_owned(), 7)]);
        assert!(news().is_empty());
        take("f1", 8);
        assert_eq!(news(), [("f1".to_owned(), 8)]);
    }

    proptest! {
        #[test]
        fn any_text_of_another_process_is_read_or_refused(text in ".{0,200}") {
            drop(serde_json::from_str::<Vec<Fed>>(&text));
        }
    }
}
