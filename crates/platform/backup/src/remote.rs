//! Copies of archives in object storage that speaks S3. Large archives go in parts, so no archive is held in memory.

use std::path::Path;
use std::time::Duration;

use argos_jobs::JobContext;
use argos_kernel::{AppError, Result, Timestamp};
use argos_net::{Class, Request, Response};
use http::Method;
use tokio::io::AsyncReadExt;

use crate::actions::create::show;
use crate::backups::{Backups, io_error};
use crate::model::target::S3Target;
use crate::store::{self, Backup};
use argos_net::sigv4::{Signer, Unsigned, amz_date, authorization, canonical_query, encode, sha256_hex};

/// Parts of a multipart upload; S3 wants at least 5 MiB.
const PART_BYTES: usize = 8 << 20;
const TIMEOUT: Duration = Duration::from_secs(300);
const PROBE: &str = "argos-write-test";

impl Backups {
    /// Copies an archive to the target, when there is one, and records how it ended.
    pub(crate) async fn copy_away(&self, backup: &Backup, ctx: Option<&JobContext>) -> Result<()> {
        let db = &self.p().store.state;
        let target = match self.target() {
            Ok(None) => return Ok(()),
            Ok(Some(target)) => target,
            Err(error) => {
                store::remote(db, backup.id, "", Some(error.message())).await?;
                return Err(error);
            }
        };
        show(ctx, "upload", None).await;
        let place = format!("{}{}", target.name(), backup.filename);
        let sent = self.put_file(&target, &backup.filename, &self.path_of(backup)).await;
        store::remote(db, backup.id, &place, sent.as_ref().err().map(AppError::message)).await?;
        sent
    }

    pub(crate) async fn remove_remote(&self, backup: &Backup) -> Result<()> {
        match self.target()? {
            Some(target) => self.call(&target, Method::DELETE, &backup.filename, &[], Vec::new()).await.map(drop),
            None => Ok(()),
        }
    }

    /// Writes, reads and deletes a small object: does the target work? Its name when it does.
    pub(crate) async fn test_target(&self) -> Result<String> {
        let target = self.target()?.ok_or_else(|| AppError::bad_request("No backup target is set").code("no_backup_target"))?;
        let content = self.p().clock.now().rfc3339().into_bytes();
        self.call(&target, Method::PUT, PROBE, &[], content.clone()).await?;
        let back = self.call(&target, Method::GET, PROBE, &[], Vec::new()).await?;
        self.call(&target, Method::DELETE, PROBE, &[], Vec::new()).await?;
        if back.body.as_ref() != content.as_slice() {
            return Err(AppError::unavailable("The target gave back something else than was written").code("backup_target_failed"));
        }
        Ok(target.name())
    }

    async fn put_file(&self, target: &S3Target, name: &str, path: &Path) -> Result<()> {
        let mut file = tokio::fs::File::open(path).await.map_err(io_error("reading the archive"))?;
        let first = read_part(&mut file).await?;
        if first.len() < PART_BYTES {
            return self.call(target, Method::PUT, name, &[], first).await.map(drop);
        }
        let begun = self.call(target, Method::POST, name, &[("uploads", "")], Vec::new()).await?;
        let upload = element(&begun.text(), "UploadId").ok_or_else(|| failed("the target gave no upload id"))?;
        let sent = self.put_parts(target, name, &upload, first, &mut file).await;
        if sent.is_err() {
            // Parts of an upload that was given up cost money until they are dropped.
            drop(self.call(target, Method::DELETE, name, &[("uploadId", upload.as_str())], Vec::new()).await);
        }
        sent
    }

    async fn put_parts(&self, target: &S3Target, name: &str, upload: &str, first: Vec<u8>, file: &mut tokio::fs::File) -> Result<()> {
        let (mut number, mut part, mut done) = (1, first, String::new());
        while !part.is_empty() {
            let query = [("partNumber", &*number.to_string()), ("uploadId", upload)];
            let stored = self.call(target, Method::PUT, name, &query, part).await?;
            let tag = stored.header("etag").ok_or_else(|| failed("the target gave no ETag"))?.replace('&', "&amp;").replace('<', "&lt;");
            done.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"));
            number += 1;
            part = read_part(file).await?;
        }
        let document = format!("<CompleteMultipartUpload>{done}</CompleteMultipartUpload>");
        let ended = self.call(target, Method::POST, name, &[("uploadId", upload)], document.into_bytes()).await?;
        // S3 may answer 200 and then say in the body that it failed.
        match element(&ended.text(), "Code") {
            Some(code) => Err(failed(&code)),
            None => Ok(()),
        }
    }

    async fn call(&self, target: &S3Target, method: Method, name: &str, query: &[(&str, &str)], body: Vec<u8>) -> Result<Response> {
        let request = signed(target, &method, name, query, body, self.p().clock.now())?;
        let answer = self.p().net.send(request).await.map_err(|e| failed(&e.to_string()))?;
        if (200..300).contains(&answer.status) || (method == Method::DELETE && answer.status == 404) {
            return Ok(answer);
        }
        let code = element(&answer.text(), "Code").unwrap_or_default();
        Err(failed(&format!("{} {code}", answer.status)))
    }
}

fn failed(why: &str) -> AppError {
    AppError::unavailable(format!("The backup target answered: {}", why.trim())).code("backup_target_failed")
}

async fn read_part(file: &mut tokio::fs::File) -> Result<Vec<u8>> {
    let mut part = Vec::with_capacity(PART_BYTES);
    file.take(PART_BYTES as u64).read_to_end(&mut part).await.map_err(io_error("reading the archive"))?;
    Ok(part)
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
