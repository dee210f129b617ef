//! `/api/geoip/*`: where an address is, how the databases stand, fetching and bringing them.

use std::net::IpAddr;

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result, Timestamp};
use argos_logs::Place;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, time};
use crate::geoip::{ATTRIBUTION, Kind, Loaded, month, no_database};
use crate::model::bad;
use crate::workers::geoip::next_refresh;

/// The largest upload; the country database has 8 MB, a full one of cities 130.
const UPLOAD_MAX: usize = 200 << 20;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/geoip/lookup", "edge.find_place", "Where an address is and whose network it belongs to.", lookup)
        .reply::<PlaceView>()
        .param("ip", "an address")
        .get("/api/geoip/status", "edge.get_geoip_status", "How the databases of places stand.", status)
        .reply::<StatusView>()
        .post("/api/geoip/refresh", "edge.refresh_geoip", "Fetch both databases now.", refresh)
        .reply::<RefreshView>()
        .post("/api/geoip/upload", "edge.upload_geoip", "Bring a database as `file` of a form, packed with gzip or not.", upload)
        .body_limit(UPLOAD_MAX)
        .param("kind", "country or asn")
        .reply::<StatusView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct PlaceView {
    ip: String,
    is_private: bool,
    #[serde(flatten)]
    geo: GeoView,
    looked_up_at: String,
}

/// Where an address is; what is unknown is absent.
#[derive(Serialize, JsonSchema)]
pub(super) struct GeoView {
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn_org: Option<String>,
}

impl From<Place> for GeoView {
    fn from(place: Place) -> Self {
        Self { country_code: place.country_code, country_name: place.country_name, asn: place.asn, asn_org: place.asn_org }
    }
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    /// Year and month; null without a database.
    country_db_version: Option<String>,
    asn_db_version: Option<String>,
    loaded_at: Option<String>,
    last_refresh_at: Option<String>,
    last_refresh_error: Option<String>,
    country_db_path: String,
    asn_db_path: String,
    country_db_size_bytes: Option<u64>,
    asn_db_size_bytes: Option<u64>,
    attribution: &'static str,
    cache_size: usize,
    cache_hits: u64,
    cache_misses: u64,
    next_refresh_at: String,
}

#[derive(Serialize, JsonSchema)]
struct RefreshView {
    ok: bool,
    country_version: Option<String>,
    asn_version: Option<String>,
    loaded_at: Option<String>,
    last_refresh_at: Option<String>,
    country_db_size: Option<u64>,
    asn_db_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn version(loaded: Option<&Loaded>) -> Option<String> {
    loaded.map(|l| month(Timestamp::from_secs(l.database.built_at())))
}

async fn lookup(edge: Service, req: Req) -> Result<Reply> {
    let text = req.query().text("ip").unwrap_or_default();
    let ip: IpAddr = text.trim().parse().map_err(|_| bad("ip", "ip is not an IP address"))?;
    let mut place = edge.geoip.find(ip);
    if !place.is_private {
        if !edge.geoip.is_there() {
            return Err(no_database());
        }
        // The documented word for what no database says.
        place.country_name.get_or_insert_with(|| "Unknown".to_owned());
    }
    let is_private = place.is_private;
    Ok(Reply::json(&PlaceView { ip: ip.to_string(), is_private, geo: place.into(), looked_up_at: time(req.cx().now()) }))
}

fn view(edge: &Service) -> StatusView {
    let s = edge.geoip.standing();
    let (country, network) = (s.country.as_ref(), s.network.as_ref());
    let path = |kind: Kind| edge.geoip.path(kind).display().to_string();
    StatusView {
        country_db_version: version(country),
        asn_db_version: version(network),
        loaded_at: country.into_iter().chain(network).map(|l| l.loaded_at).max().map(time),
        last_refresh_at: s.refreshed_at.map(time),
        last_refresh_error: s.error,
        country_db_path: path(Kind::Country),
        asn_db_path: path(Kind::Network),
        country_db_size_bytes: country.map(|l| l.bytes),
        asn_db_size_bytes: network.map(|l| l.bytes),
        attribution: ATTRIBUTION,
        cache_size: s.remembered,
        cache_hits: s.hits,
        cache_misses: s.misses,
        next_refresh_at: time(next_refresh(edge.platform.clock.now())),
    }
}

async fn status(edge: Service, _: Req) -> Result<Reply> {
    Ok(Reply::json(&view(&edge)))
}

async fn refresh(edge: Service, req: Req) -> Result<Reply> {
    let actor = req.cx().actor();
    let outcome = tokio::time::timeout(std::time::Duration::from_secs(60), edge.geoip.refresh(req.cx().now())).await;
    let outcome = outcome.unwrap_or_else(|_| Err("it took longer than 60 s".to_owned()));
    let entry = Entry::new("geoip.refresh", Category::Action).alias("refresh").target("geoip", "databases");
    edge.platform.audit.note(&actor, entry.describe("GeoIP databases fetched")).await?;
    let s = edge.geoip.standing();
    let (country, network) = (s.country.as_ref(), s.network.as_ref());
    let status = if outcome.is_ok() { 200 } else { 502 };
    let view = RefreshView {
        ok: outcome.is_ok(),
        country_version: version(country),
        asn_version: version(network),
        loaded_at: country.into_iter().chain(network).map(|l| l.loaded_at).max().map(time),
        last_refresh_at: s.refreshed_at.map(time),
        country_db_size: country.map(|l| l.bytes),
        asn_db_size: network.map(|l| l.bytes),
        error: outcome.err(),
    };
    Ok(Reply::json(&view).status(status))
}

async fn upload(edge: Service, mut req: Req) -> Result<Reply> {
    let kind = match req.query().text("kind") {
        Some("country") => Kind::Country,
        Some("asn") => Kind::Network,
        _ => return Err(bad("kind", "kind must be country or asn")),
    };
    let form = req.multipart().await?;
    let bytes = form.field("file").map(|field| field.data.to_vec()).ok_or_else(|| bad("file", "file is missing"))?;
    let (geo, now) = (&edge.geoip, req.cx().now());
    tokio::task::block_in_place(|| geo.keep(kind, bytes, now)).map_err(|why| AppError::bad_request(why).code("invalid_database"))?;
    let entry = Entry::new("geoip.upload", Category::Config).alias("upload").target("geoip", kind.word());
    edge.platform.audit.note(&req.cx().actor(), entry.describe(format!("GeoIP database {} uploaded", kind.word()))).await?;
    Ok(Reply::json(&view(&edge)))
}
