//! Amazon Route 53, API of 2013-04-01. All texts of a name are one record set, written whole.

use std::collections::BTreeSet;

use argos_kernel::Secret;
use argos_net::sigv4::{Signer, Unsigned, amz_date, authorization, canonical_query, sha256_hex};
use argos_net::{Class, Method, Request};

use super::{Change, Reach, TTL_S, zones};
use crate::model::dns_provider::Credentials;

pub(crate) const API: &str = "https://route53.amazonaws.com";

pub(super) struct Account<'a> {
    reach: &'a Reach,
    api: &'a str,
    access_key_id: &'a str,
    secret: Secret<String>,
    region: &'a str,
}

impl<'a> Account<'a> {
    pub(super) fn new(reach: &'a Reach, credentials: &'a Credentials) -> Self {
        let of = |key: &str| credentials.get(key).map(String::as_str);
        Self {
            reach,
            api: of("api_url").unwrap_or(API).trim_end_matches('/'),
            access_key_id: of("access_key_id").unwrap_or_default(),
            secret: Secret::new(of("secret_access_key").unwrap_or_default().to_owned()),
            region: of("region").unwrap_or("us-east-1"),
        }
    }

    pub(super) async fn change(&self, change: Change, record: &str, text: &str, left: &BTreeSet<String>) -> Result<(), String> {
        let zone = self.zone(record).await?;
        let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
        let body = if change == Change::Remove && left.is_empty() {
            batch("DELETE", record, std::iter::once(text))
        } else {
            batch("UPSERT", record, left.iter().map(String::as_str))
        };
        match self.call(Method::POST, &path, &[], body).await {
            // What is gone already needs no deleting.
            Err(said) if change == Change::Remove && said.contains("not found") => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    async fn zone(&self, record: &str) -> Result<String, String> {
        for name in zones(record) {
            let found =
                self.call(Method::GET, "/2013-04-01/hostedzonesbyname", &[("dnsname", name), ("maxitems", "1")], String::new()).await?;
            let is_it = element(&found, "Name").is_some_and(|n| n.trim_end_matches('.').eq_ignore_ascii_case(name));
            let id = element(&found, "Id").and_then(|id| id.strip_prefix("/hostedzone/"));
            if let Some(id) = id.filter(|id| is_it && id.bytes().all(|b| b.is_ascii_alphanumeric())) {
                return Ok(id.to_owned());
            }
        }
        Err(format!("Route 53 knows no zone for {record}, or the key may not see it"))
    }

    async fn call(&self, method: Method, path: &str, query: &[(&str, &str)], body: String) -> Result<String, String> {
        let payload_hash = sha256_hex(body.as_bytes());
        let at = self.reach.clock.now();
        let host = self.api.split_once("://").map_or(self.api, |(_, rest)| rest);
        let signer = Signer { access_key_id: self.access_key_id, secret: &self.secret, region: self.region, service: "route53", at };
        let unsigned = Unsigned { method: method.as_str(), host, path, query, payload_hash: &payload_hash };
        let mut url = format!("{}{path}", self.api);
        if !query.is_empty() {
            url = format!("{url}?{}", canonical_query(query));
        }
        let signed = authorization(&signer, &unsigned);
        let request = Request::new(Class::Integration, method, url)
            .header("authorization", &signed)
            .header("x-amz-date", &amz_date(at))
            .header("x-amz-content-sha256", &payload_hash)
            .https_only(true)
            .body("application/xml", body);
        let answer = self.reach.net.send(request).await.map_err(|e| format!("Route 53 cannot be reached: {e}"))?;
        let text = answer.text();
        if (200..300).contains(&answer.status) {
            return Ok(text);
        }
        let said = element(&text, "Message").map_or_else(|| format!("HTTP {}", answer.status), str::to_owned);
        Err(format!("Route 53 refused: {said}"))
    }
}

fn batch<'a>(action: &str, record: &str, texts: impl Iterator<Item = &'a str>) -> String {
    // Names and texts hold letters, digits, dots, dashes and underscores only: nothing to escape.
    let values: String = texts.map(|text| format!("<ResourceRecord><Value>\"{text}\"</Value></ResourceRecord>")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
         <ChangeBatch><Changes><Change><Action>{action}</Action><ResourceRecordSet><Name>{record}.</Name><Type>TXT</Type>\
         <TTL>{TTL_S}</TTL><ResourceRecords>{values}</ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>\
         </ChangeResourceRecordSetsRequest>"
    )
}

/// The text of the first element of this name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_texts_of_a_name_are_one_set() {
        let body = batch("UPSERT", "_acme-challenge.a.test", ["one", "two"].into_iter());
        assert!(body.contains("<Action>UPSERT</Action><ResourceRecordSet><Name>_acme-challenge.a.test.</Name><Type>TXT</Type>"));
        assert!(body.contains("<Value>\"one\"</Value></ResourceRecord><ResourceRecord><Value>\"two\"</Value>"));
        let found = "<HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>a.test.</Name>";
        assert_eq!((element(found, "Id"), element(found, "Name"), element(found, "TTL")), (Some("/hostedzone/Z1"), Some("a.test."), None));
    }

    proptest! {
        #[test]
        fn any_text_has_an_element_or_none(xml in "[<>/A-Za-z]{0,80}") {
            prop_assert!(element(&xml, "Id").is_none_or(|text| !text.contains('<')));
        }
    }
}
