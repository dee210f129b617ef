//! The tables of sites, pools and what belongs to them, on both engines.

use std::sync::Arc;

use argos_caddy::Position;
use argos_kernel::Timestamp;
use argos_store::StoreError;
use argos_store::testing::{TestStore, each_engine};

use super::proofs::{Kind, Plane, Proof};
use super::{
    delivery, desired, groups, hosts, log_positions, notices, proofs, protection, revision, rules, security, self_signed, states, troubles,
};
use crate::MIGRATIONS;
use crate::model::delivery::{Delivery, Page};
use crate::model::group::{GroupBody, TargetSpec};
use crate::model::host::HostSpec;
use crate::model::rule::{Action, Matcher, RuleSpec};
use crate::model::security::{CustomRuleBody, ExclusionBody, Security};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

fn target(port: u16) -> TargetSpec {
    TargetSpec { host: "10.0.0.1".to_owned(), port, weight: 3, enabled: true }
}

fn block() -> RuleSpec {
    let matchers = vec![Matcher::Path { patterns: vec!["/*".to_owned()] }];
    RuleSpec { name: "stop".to_owned(), action: Action::Block {}, matchers, requests_at_once_max: 7 }
}

/// A site with its pool; their ids.
async fn site(t: &TestStore) -> (i64, i64) {
    let mut tx = t.store.state.begin().await.unwrap();
    let spec = GroupBody::default().spec().unwrap();
    let group = groups::insert(&mut tx, "web", &spec, NOW).await.unwrap();
    groups::insert_target(&mut tx, group, &target(8080), NOW).await.unwrap();
    let wanted = hosts::Wanted { domain: "a.test", target_group_id: group, enabled: true, spec: &HostSpec::default() };
    let host = hosts::insert(&mut tx, &wanted, NOW).await.unwrap();
    tx.commit().await.unwrap();
    (group, host)
}

#[tokio::test]
async fn position_of_a_log_is_replaced_and_keeps_large_numbers() {
    for t in each_engine(MIGRATIONS).await {
        let db = &t.store.telemetry;
        assert_eq!(log_positions::find(db, "access").await.unwrap(), None);
        let at = |inode, offset| Position { inode, offset, head_len: 9, head: "cbf29ce484222325".to_owned() };
        db.batch(vec![log_positions::put("access", &at(u64::MAX, 7)), log_positions::put("errors", &at(1, 1))]).await.unwrap();
        assert_eq!(log_positions::find(db, "access").await.unwrap(), Some(at(u64::MAX, 7)));
        db.batch(vec![log_positions::put("access", &at(2, 1 << 40))]).await.unwrap();
        assert_eq!(log_positions::find(db, "access").await.unwrap(), Some(at(2, 1 << 40)));
    }
}

#[tokio::test]
async fn names_addresses_and_priorities_are_unique() {
    for t in each_engine(MIGRATIONS).await {
        let (group, host) = site(&t).await;
        let state = &t.store.state;
        let spec = GroupBody::default().spec().unwrap();
        let is_taken = |e: StoreError, table: &str| matches!(e, StoreError::Unique(c) if c.starts_with(table));
        let mut tx = state.begin().await.unwrap();
        assert!(is_taken(groups::insert(&mut tx, "web", &spec, NOW).await.unwrap_err(), "edge_target_groups."));
        drop(tx);
        let mut tx = state.begin().await.unwrap();
        assert!(is_taken(groups::insert_target(&mut tx, group, &target(8080), NOW).await.unwrap_err(), "edge_targets."));
        drop(tx);
        let mut tx = state.begin().await.unwrap();
        let again = hosts::Wanted { domain: "a.test", target_group_id: group, enabled: true, spec: &HostSpec::default() };
        assert!(is_taken(hosts::insert(&mut tx, &again, NOW).await.unwrap_err(), "edge_hosts."));
        drop(tx);
        let mut tx = state.begin().await.unwrap();
        rules::insert(&mut tx, host, 10, true, &block(), NOW).await.unwrap();
        assert!(is_taken(rules::insert(&mut tx, host, 10, true, &block(), NOW).await.unwrap_err(), "edge_rules."));
        drop(tx);
        let mut tx = state.begin().await.unwrap();
        let body = ExclusionBody { crs_rule_id: 942_100, path_pattern: String::new(), reason: String::new(), enabled: None };
        protection::insert_exclusion(&mut tx, host, &body, NOW).await.unwrap();
        assert!(is_taken(protection::insert_exclusion(&mut tx, host, &body, NOW).await.unwrap_err(), "edge_exclusions."));
    }
}

#[tokio::test]
async fn what_was_deleted_returns_under_its_number_though_others_came_since() {
    for t in each_engine(MIGRATIONS).await {
        let (group, host) = site(&t).await;
        let mut tx = t.store.state.begin().await.unwrap();
        let backend = groups::insert_target(&mut tx, group, &target(9), NOW).await.unwrap();
        groups::delete_target(&mut tx, backend).await.unwrap();
        groups::insert_target(&mut tx, group, &target(10), NOW).await.unwrap();
        groups::restore_target(&mut tx, group, backend, &target(9), NOW).await.unwrap();
        assert_eq!(groups::find_target(&mut tx, group, backend).await.unwrap().unwrap().port, 9);

        let rule = rules::insert(&mut tx, host, 10, true, &block(), NOW).await.unwrap();
        rules::delete(&mut tx, rule).await.unwrap();
        rules::insert(&mut tx, host, 20, true, &block(), NOW).await.unwrap();
        rules::restore(&mut tx, (host, rule), 10, false, &block(), NOW).await.unwrap();
        let there = rules::find_in(&mut tx, host, rule).await.unwrap().unwrap();
        assert_eq!((there.priority, there.enabled, there.requests_at_once_max, there.matchers), (10, false, 7, block().matchers));

        let body = ExclusionBody { crs_rule_id: 942_100, path_pattern: "/a".to_owned(), reason: "words".to_owned(), enabled: None };
        let exclusion = protection::insert_exclusion(&mut tx, host, &body, NOW).await.unwrap();
        protection::delete_exclusion(&mut tx, exclusion).await.unwrap();
        protection::restore_exclusion(&mut tx, (host, exclusion), &body, false, NOW).await.unwrap();
        let there = protection::exclusions_in(&mut tx, host).await.unwrap();
        assert_eq!((there.len(), there[0].id, there[0].path_pattern.as_str(), there[0].enabled), (1, exclusion, "/a", false));

        let body = CustomRuleBody { name: "own".to_owned(), secrule: "SecRule".to_owned(), enabled: None };
        let own = protection::insert_custom_rule(&mut tx, host, &body, NOW).await.unwrap();
        protection::delete_custom_rule(&mut tx, own).await.unwrap();
        protection::restore_custom_rule(&mut tx, (host, own), &body, true, NOW).await.unwrap();
        let there = protection::custom_rules_in(&mut tx, host).await.unwrap();
        assert_eq!((there.len(), there[0].id, there[0].enabled), (1, own, true));

        // A number is never given twice.
        tx.commit().await.unwrap();
        let mut tx = t.store.state.begin().await.unwrap();
        assert!(rules::insert(&mut tx, host, 30, true, &block(), NOW).await.unwrap() > rule + 1);
    }
}

#[tokio::test]
async fn rules_are_renumbered_in_any_order() {
    for t in each_engine(MIGRATIONS).await {
        let (_, host) = site(&t).await;
        let mut tx = t.store.state.begin().await.unwrap();
        let mut ids = Vec::new();
        for priority in [10, 20, 30] {
            ids.push(rules::insert(&mut tx, host, priority, true, &block(), NOW).await.unwrap());
        }
        ids.reverse();
        rules::renumber(&mut tx, host, &ids, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let found = rules::list_of(&t.store.state, host).await.unwrap();
        assert_eq!(found.iter().map(|r| r.id).collect::<Vec<_>>(), ids);
        assert_eq!(found.iter().map(|r| (r.priority, r.requests_at_once_max)).collect::<Vec<_>>(), [(10, 7), (20, 7), (30, 7)]);
    }
}

#[tokio::test]
async fn sites_of_a_pool_are_those_that_have_it_and_those_whose_rules_lead_to_it() {
    for t in each_engine(MIGRATIONS).await {
        let (own, host) = site(&t).await;
        let mut tx = t.store.state.begin().await.unwrap();
        let other = groups::insert(&mut tx, "other", &GroupBody::default().spec().unwrap(), NOW).await.unwrap();
        let leads = RuleSpec { action: Action::Forward { target_group_id: other }, ..block() };
        let rule = rules::insert(&mut tx, host, 10, true, &leads, NOW).await.unwrap();
        let second = rules::insert(&mut tx, host, 20, true, &leads, NOW).await.unwrap();
        assert_eq!(groups::sites(&mut tx, own).await.unwrap(), ["a.test"]);
        assert_eq!(groups::sites(&mut tx, other).await.unwrap(), ["a.test"], "named once");
        rules::update(&mut tx, rule, 10, false, &leads, NOW).await.unwrap();
        assert_eq!(groups::sites(&mut tx, other).await.unwrap(), ["a.test"]);
        rules::delete(&mut tx, second).await.unwrap();
        assert!(groups::sites(&mut tx, other).await.unwrap().is_empty(), "a rule that is off leads nowhere");
    }
}

#[tokio::test]
async fn deleted_site_takes_everything_of_it_along() {
    for t in each_engine(MIGRATIONS).await {
        let (group, host) = site(&t).await;
        let state = &t.store.state;
        let mut tx = state.begin().await.unwrap();
        rules::insert(&mut tx, host, 10, true, &block(), NOW).await.unwrap();
        security::put(&mut tx, host, &Security::default(), NOW).await.unwrap();
        let own = CustomRuleBody { name: "mine".to_owned(), secrule: "SecAction \"id:100001\"".to_owned(), enabled: None };
        protection::insert_custom_rule(&mut tx, host, &own, NOW).await.unwrap();
        assert_eq!(groups::users(&mut tx, group).await.unwrap(), (1, 0));
        tx.commit().await.unwrap();
        let certificate = self_signed::Row {
            host_id: host,
            domain: "a.test".to_owned(),
            cert_pem: "pem".to_owned(),
            key_enc: "sealed".to_owned(),
            not_after: NOW,
            created_at: NOW,
        };
        self_signed::put(state, &certificate).await.unwrap();
        let mut tx = state.begin().await.unwrap();
        hosts::delete(&mut tx, host).await.unwrap();
        tx.commit().await.unwrap();
        let left = desired::load(state).await.unwrap();
        assert!(left.hosts.is_empty() && left.rules.is_empty() && left.security.is_empty());
        assert!(protection::custom_rules(state, host).await.unwrap().is_empty());
        assert!(self_signed::list(state).await.unwrap().is_empty());
        assert_eq!(left.targets.len(), 1);
    }
}

#[tokio::test]
async fn newest_served_state_is_kept_and_never_an_older_one() {
    for t in each_engine(MIGRATIONS).await {
        let state = &t.store.state;
        assert_eq!(revision::snapshot(state).await.unwrap(), None);
        site(&t).await;
        let wanted = Arc::new(desired::load(state).await.unwrap());
        for (revision, desired) in [(7, &wanted), (6, &Arc::default())] {
            let mut tx = state.begin().await.unwrap();
            let served = revision::State { revision, desired: Arc::clone(desired), as_of: NOW };
            revision::keep(&mut tx, &served).await.unwrap();
            tx.commit().await.unwrap();
        }
        let found = revision::snapshot(state).await.unwrap().unwrap();
        assert_eq!((found.revision, found.as_of, found.desired.targets.len()), (7, NOW, wanted.targets.len()));
        assert_eq!(found.desired.hosts[0].domain, "a.test");
        let mut tx = state.begin().await.unwrap();
        revision::bump(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(revision::current(state).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn state_of_a_target_is_remembered() {
    for t in each_engine(MIGRATIONS).await {
        site(&t).await;
        let id = groups::targets(&t.store.state).await.unwrap()[0].id;
        let mut tx = t.store.state.begin().await.unwrap();
        assert!(!states::is_unhealthy(&mut tx, id).await.unwrap());
        states::put(&mut tx, id, true, "it answered 503", NOW).await.unwrap();
        assert!(states::is_unhealthy(&mut tx, id).await.unwrap());
        states::put(&mut tx, id, false, "it answered 200", NOW).await.unwrap();
        assert!(!states::is_unhealthy(&mut tx, id).await.unwrap());
    }
}

#[tokio::test]
async fn proofs_grow_are_replaced_by_name_and_planes_say_what_they_show() {
    for t in each_engine(MIGRATIONS).await {
        let db = &t.store.state;
        let proof = |kind, name: &str| Proof { id: 0, kind, name: name.to_owned(), key_authorization: format!("{name}.thumb") };
        let first = proofs::put(db, &proof(Kind::Http, "tok"), NOW).await.unwrap();
        let other = proofs::put(db, &proof(Kind::Alpn, "a.test"), NOW).await.unwrap();
        let again = proofs::put(db, &proof(Kind::Http, "tok"), NOW).await.unwrap();
        assert!(first < other && other < again, "a replaced proof is a new one: {first} {other} {again}");
        let shown: Vec<(i64, Kind)> = proofs::list(db, NOW.minus_secs(1)).await.unwrap().iter().map(|p| (p.id, p.kind)).collect();
        assert_eq!(shown, [(other, Kind::Alpn), (again, Kind::Http)]);
        assert!(proofs::list(db, NOW).await.unwrap().is_empty(), "what is older is left out");
        proofs::delete(db, Kind::Http, "tok").await.unwrap();
        proofs::delete(db, Kind::Alpn, "a.test").await.unwrap();
        assert!(proofs::put(db, &proof(Kind::Http, "next"), NOW).await.unwrap() > again, "numbers never come back");
        proofs::put(db, &proof(Kind::Http, "late"), NOW.plus_secs(proofs::SHOWN_MAX_S + 1)).await.unwrap();
        let left: Vec<String> = proofs::list(db, Timestamp::from_secs(0)).await.unwrap().into_iter().map(|p| p.name).collect();
        assert_eq!(left, ["late"], "what somebody left behind goes with the next");

        let plane = |id: &str, proof_id| Plane { id: id.to_owned(), http: true, https: false, proof_id };
        proofs::see(db, &plane("a", 1), NOW).await.unwrap();
        proofs::see(db, &plane("b", 1), NOW.plus_secs(5)).await.unwrap();
        proofs::see(db, &plane("a", again), NOW.plus_secs(10)).await.unwrap();
        assert_eq!(proofs::planes(db, NOW).await.unwrap(), [plane("a", again), plane("b", 1)]);
        assert_eq!(proofs::planes(db, NOW.plus_secs(5)).await.unwrap(), [plane("a", again)]);
        proofs::see(db, &plane("c", 0), NOW.plus_secs(86_406)).await.unwrap();
        let left: Vec<String> = proofs::planes(db, NOW).await.unwrap().into_iter().map(|p| p.id).collect();
        assert_eq!(left, ["a", "c"], "one that was not seen for a day is forgotten");
        proofs::leave(db, "a").await.unwrap();
        assert_eq!(proofs::planes(db, NOW).await.unwrap(), [plane("c", 0)]);
    }
}

#[tokio::test]
async fn delivery_reads_as_it_was_written_and_goes_with_its_site() {
    for t in each_engine(MIGRATIONS).await {
        let (_, host) = site(&t).await;
        let page = Page { status: 502, content_type: "text/html".to_owned(), body: "<h1>Back soon</h1>".to_owned() };
        let wanted = Delivery { compression: true, request_body_bytes_max: 7, error_pages: vec![page], ..Delivery::default() };
        let mut tx = t.store.state.begin().await.unwrap();
        delivery::put(&mut tx, host, &Delivery::default(), NOW).await.unwrap();
        delivery::put(&mut tx, host, &wanted, NOW).await.unwrap();
        assert_eq!(delivery::find_in(&mut tx, host).await.unwrap(), Some(wanted.clone()));
        tx.commit().await.unwrap();
        assert_eq!(delivery::find(&t.store.state, host).await.unwrap(), Some((wanted.clone(), NOW)));
        assert_eq!(desired::load(&t.store.state).await.unwrap().delivery, [(host, wanted)]);
        let mut tx = t.store.state.begin().await.unwrap();
        hosts::delete(&mut tx, host).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(delivery::list(&t.store.state).await.unwrap(), []);
    }
}

#[tokio::test]
async fn notice_is_the_last_one_and_goes_with_its_site() {
    for t in each_engine(MIGRATIONS).await {
        let (db, (_, host)) = (&t.store.state, site(&t).await);
        let notice = |mark: &str| notices::Notice { mark: mark.to_owned(), level: 14, told_at: NOW };
        let mut tx = db.begin().await.unwrap();
        for mark in ["first", "second"] {
            notices::put(&mut tx, host, "a", &notice(mark)).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(notices::find(db, host, "a").await.unwrap(), Some(notice("second")));
        assert_eq!(notices::find(db, host, "b").await.unwrap(), None);
        let mut tx = db.begin().await.unwrap();
        hosts::delete(&mut tx, host).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(notices::find(db, host, "a").await.unwrap(), None);
    }
}

#[tokio::test]
async fn trouble_with_a_certificate_outlives_its_site_and_is_forgotten_once() {
    for t in each_engine(MIGRATIONS).await {
        let (db, (_, host)) = (&t.store.state, site(&t).await);
        let mut tx = db.begin().await.unwrap();
        for _ in 0..2 {
            troubles::put(&mut tx, host, "a.test").await.unwrap();
        }
        hosts::delete(&mut tx, host).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(troubles::list(db).await.unwrap(), [(host, "a.test".to_owned())]);
        let mut tx = db.begin().await.unwrap();
        assert!(troubles::forget(&mut tx, host).await.unwrap() && !troubles::forget(&mut tx, host).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(troubles::list(db).await.unwrap(), []);
    }
}
