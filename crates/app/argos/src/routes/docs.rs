//! The API documents: the OpenAPI text and the two embedded readers.

use std::sync::{Arc, OnceLock, Weak};

use argos_kernel::{AppError, Result};
use argos_settings::Settings;
use argos_ui_assets::UiAssets;
use argos_web::{Reply, Req, Routes};
use bytes::Bytes;

use super::preview::Declared;
use crate::openapi;

/// The document. A development build makes it from its routes when it is first asked for: that takes longer than all the
/// rest of a start. A release build has it among its files.
#[derive(Clone)]
pub(crate) struct Docs {
    web: Declared,
    settings: Settings,
    made: Arc<OnceLock<Option<Bytes>>>,
}

pub(crate) fn routes(docs: Docs) -> Routes {
    Routes::new(docs)
        .get("/openapi.json", "docs.openapi", "This document.", openapi)
        .get("/docs", "docs.swagger", "Swagger UI.", swagger)
        .get("/redoc", "docs.redoc", "Redoc.", redoc)
        .get("/api/openapi.json", "docs.openapi_alias", "This document, when `http.api_docs_alias` is on.", openapi_alias)
        .get("/api/docs", "docs.swagger_alias", "Swagger UI, when `http.api_docs_alias` is on.", swagger_alias)
        .get("/api/redoc", "docs.redoc_alias", "Redoc, when `http.api_docs_alias` is on.", redoc_alias)
        .done()
}

impl Docs {
    pub(crate) fn new(web: Declared, settings: Settings) -> Self {
        Self { web, settings, made: Arc::default() }
    }
    fn open(&self, key: &str) -> Result<()> {
        if self.settings.bool(key)? { Ok(()) } else { Err(AppError::not_found("Not found").code("docs_disabled")) }
    }
    fn document(&self, req: &Req) -> Result<Reply> {
        let make = || self.web.get().and_then(Weak::upgrade).and_then(|web| openapi::of_routes(web.routes()));
        match self.made.get_or_init(make) {
            Some(document) => Ok(Reply::raw_json(document.clone())),
            None => page(req, "/openapi.json"),
        }
    }
}

fn page(req: &Req, file: &str) -> Result<Reply> {
    UiAssets::file(file, req.headers()).ok_or_else(|| AppError::not_found("This build has no interface inside").code("ui_not_built"))
}

async fn openapi(docs: Docs, req: Req) -> Result<Reply> {
    docs.open("http.public_docs")?;
    docs.document(&req)
}

async fn swagger(docs: Docs, req: Req) -> Result<Reply> {
    docs.open("http.public_docs")?;
    page(&req, "/docs.html")
}

async fn redoc(docs: Docs, req: Req) -> Result<Reply> {
    docs.open("http.public_docs")?;
    page(&req, "/redoc.html")
}

async fn openapi_alias(docs: Docs, req: Req) -> Result<Reply> {
    docs.open("http.api_docs_alias")?;
    docs.document(&req)
}

async fn swagger_alias(docs: Docs, req: Req) -> Result<Reply> {
    docs.open("http.api_docs_alias")?;
    page(&req, "/docs.html")
}

async fn redoc_alias(docs: Docs, req: Req) -> Result<Reply> {
    docs.open("http.api_docs_alias")?;
    page(&req, "/redoc.html")
}
