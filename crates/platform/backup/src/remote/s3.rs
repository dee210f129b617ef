//! Object storage that speaks S3. Large archives go in parts, so no archive is held in memory.

use std::path::Path;
use std::time::Duration;

use argos_kernel::{Clock, Result, Timestamp};
use argos_net::sigv4::{Signer, Unsigned, amz_date, authorization, canonical_query, encode, sha256_hex};
use argos_net::{Class, Net, Request, Response};
use http::Method;

use super::{failed, read_part};
use crate::backups::io_error;
use crate::model::target::S3Target;

const TIMEOUT: Duration = Duration::from_secs(300);

/// A bucket in use.
pub(super) struct Bucket<'a> {
    pub(super) target: &'a S3Target,
    pub(super) net: &'a Net,
    pub(super) clock: &'a dyn Clock,
}

impl Bucket<'_> {
    pub(super) async fn remove(&self, name: &str) -> Result<()> {
        self.call(Method::DELETE, name, &[], Vec::new()).await.map(drop)
    }

    /// Writes, reads and deletes a small object; what came back.
    pub(super) async fn probe(&self, name: &str, content: Vec<u8>) -> Result<Vec<u8>> {
        self.call(Method::PUT, name, &[], content).await?;
        let back = self.call(Method::GET, name, &[], Vec::new()).await?;
        self.remove(name).await?;
        Ok(back.body.to_vec())
    }

    pub(super) async fn put(&self, name: &str, path: &Path) -> Result<()> {
        let mut file = tokio::fs::File::open(path).await.map_err(io_error("reading the archive"))?;
        let first = read_part(&mut file).await?;
        if first.len() < super::PART_BYTES {
            return self.call(Method::PUT, name, &[], first).await.map(drop);
        }
        let begun = self.call(Method::POST, name, &[("uploads", "")], Vec::new()).await?;
        let upload = element(&begun.text(), "UploadId").ok_or_else(|| failed("the target gave no upload id"))?;
        let sent = self.put_parts(name, &upload, first, &mut file).await;
        if sent.is_err() {
            // Parts of an upload that was given up cost money until they are dropped.
            drop(self.call(Method::DELETE, name, &[("uploadId", upload.as_str())], Vec::new()).await);
        }
        sent
    }

    async fn put_parts(&self, name: &str, upload: &str, first: Vec<u8>, file: &mut tokio::fs::File) -> Result<()> {
        let (mut number, mut part, mut done) = (1, first, String::new());
        while !part.is_empty() {
            let query = [("partNumber", &*number.to_string()), ("uploadId", upload)];
            let stored = self.call(Method::PUT, name, &query, part).await?;
            let tag = stored.header("etag").ok_or_else(|| failed("the target gave no ETag"))?.replace('&', "&amp;").replace('<', "&lt;");
            done.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"));
            number += 1;
            part = read_part(file).await?;
        }
        let document = format!("<CompleteMultipartUpload>{done}</CompleteMultipartUpload>");
        let ended = self.call(Method::POST, name, &[("uploadId", upload)], document.into_bytes()).await?;
        // S3 may answer 200 and then say in the body that it failed.
        match element(&ended.text(), "Code") {
            Some(code) => Err(failed(&code)),
            None => Ok(()),
        }
    }

    async fn call(&self, method: Method, name: &str, query: &[(&str, &str)], body: Vec<u8>) -> Result<Response> {
        let request = signed(self.target, &method, name, query, body, self.clock.now())?;
        let answer = self.net.send(request).await.map_err(|e| failed(&e.to_string()))?;
        if (200..300).contains(&answer.status) || (method == Method::DELETE && answer.status == 404) {
            return Ok(answer);
        }
        let code = element(&answer.text(), "Code").unwrap_or_default();
        Err(failed(&format!("{} {code}", answer.status)))
    }
}

fn signed(target: &S3Target, method: &Method, name: &str, query: &[(&str, &str)], body: Vec<u8>, at: Timestamp) -> Result<Request> {
    let (scheme, authority) = target.endpoint.split_once("://").ok_or_else(|| failed("the endpoint is no URL"))?;
    let key = encode(&format!("{}{name}", target.prefix), true);
    let (host, path) = if target.path_style {
        (authority.to_owned(), format!("/{}/{key}", target.bucket))
    } else {
        (format!("{}.{authority}", target.bucket), format!("/{key}"))
    };
    let payload_hash = sha256_hex(&body);
    let unsigned = Unsigned { method: method.as_str(), host: &host, path: &path, query, payload_hash: &payload_hash };
    let signer =
        Signer { access_key_id: &target.access_key_id, secret: &target.secret_access_key, region: &target.region, service: "s3", at };
    let authorization = authorization(&signer, &unsigned);
    let query = canonical_query(query);
    let url = if query.is_empty() { format!("{scheme}://{host}{path}") } else { format!("{scheme}://{host}{path}?{query}") };
    let request = Request::new(Class::Integration, method.clone(), url)
        .header("authorization", &authorization)
        .header("x-amz-content-sha256", &payload_hash)
        .header("x-amz-date", &amz_date(at))
        .timeout(TIMEOUT);
    Ok(if body.is_empty() { request } else { request.body("application/octet-stream", body) })
}

/// The text of the first element with this name. The replies are small and flat; nothing else is read from them.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::element;

    #[test]
    fn element_is_found_and_unescaped() {
        let xml = "<?xml version=\"1.0\"?><R><UploadId>a&amp;b</UploadId></R>";
        assert_eq!(element(xml, "UploadId").as_deref(), Some("a&b"));
        assert_eq!(element(xml, "Code"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_panic(text in ".{0,200}") {
            drop(element(&text, "Code"));
        }
    }
}
