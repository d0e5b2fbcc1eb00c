//! Which addresses there are, and what is looked at before any of them is answered.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Extension, Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::access::Access;
use crate::desks::{Desks, Numbered, Trouble};
use crate::limits::{self, Rate};
use crate::page::{FILES, File};
use crate::pictures::{self, Pictures, Sending};

/// Nothing but the page's own files, no script within it, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// What every answer says to browsers.
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// What answers are made of.
pub struct Site {
    pub access: Access,
    pub desks: Desks,
    pub pictures: Arc<Pictures>,
    /// Of a curator.
    pub requests: Rate,
    /// Of an address that did not enter.
    pub strangers: Rate,
}

/// The address a request came from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

#[derive(Debug, Clone)]
struct Curator(String);

pub fn router(site: Arc<Site>) -> Router {
    let mut open = Router::new().route("/enter", post(enter));
    for file in FILES {
        open = open.route(file.path, get(move || async move { sent(file) }));
    }
    let closed = Router::new()
        .route("/view", get(view))
        .route("/answer", post(answer))
        .route("/picture/{image}", get(picture))
        .route("/printed/{image}", get(printed))
        .layer(middleware::from_fn_with_state(Arc::clone(&site), entered));
    open.merge(closed)
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(DefaultBodyLimit::max(limits::BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&site), looked_at))
        .with_state(site)
}

/// Host and origin are ours, strangers come one by one, and every answer has the headers.
async fn looked_at(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    // The page itself may be come to by a link from anywhere: it holds nothing and does nothing by itself.
    let is_file = FILES.iter().any(|file| file.path == request.uri().path());
    let headers = request.headers();
    let mut response = if !site.access.is_host_ours(headers) {
        refuse(
            StatusCode::MISDIRECTED_REQUEST,
            "this address is not the server's: use the link that you were given",
        )
    } else if !is_file && !site.access.is_from_our_page(request.method(), headers) {
        refuse(StatusCode::FORBIDDEN, "this request comes from another site: refused")
    } else if !is_admitted(&site, &request) {
        refuse(StatusCode::TOO_MANY_REQUESTS, "too many requests: wait a while")
    } else {
        next.run(request).await
    };
    for (name, value) in HEADERS {
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

fn is_admitted(site: &Site, request: &Request) -> bool {
    let now = Instant::now();
    if let Some(curator) = site.access.curator(request.headers()) {
        return site.requests.admits(curator, now);
    }
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.to_string());
    site.strangers.admits(&peer.unwrap_or_default(), now)
}

/// A curator's cookie is there.
async fn entered(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let Some(curator) = site.access.curator(request.headers()).map(str::to_owned) else {
        return refuse(StatusCode::UNAUTHORIZED, "follow the link that you were given");
    };
    request.extensions_mut().insert(Curator(curator));
    next.run(request).await
}

fn refuse(status: StatusCode, why: &'static str) -> Response {
    (status, why).into_response()
}

fn sent(file: File) -> Response {
    let headers = [(header::CONTENT_TYPE, file.kind), (header::CACHE_CONTROL, "no-cache")];
    (headers, file.text).into_response()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entering {
    token: String,
}

async fn enter(State(site): State<Arc<Site>>, body: Bytes) -> Response {
    let Ok(Entering { token }) = serde_json::from_slice(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "expected a token");
    };
    match site.access.enter(&token) {
        Some((_, cookie)) => {
            let headers = [(header::SET_COOKIE, cookie)];
            (StatusCode::NO_CONTENT, headers).into_response()
        }
        None => refuse(StatusCode::FORBIDDEN, "this link is not valid: ask for a new one"),
    }
}

async fn view(State(site): State<Arc<Site>>, Extension(who): Extension<Curator>) -> Response {
    replied(site.desks.view(&who.0).await)
}

async fn answer(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Curator>,
    body: Bytes,
) -> Response {
    match serde_json::from_slice::<Numbered>(&body) {
        Ok(answer) => replied(site.desks.answer(&who.0, answer).await),
        Err(_) => refuse(StatusCode::BAD_REQUEST, "this is no answer: load the page again"),
    }
}

fn replied(reply: Result<Vec<u8>, Trouble>) -> Response {
    match reply {
        Ok(json) => {
            let headers =
                [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
            (headers, json).into_response()
        }
        Err(trouble) => troubled(trouble),
    }
}

fn troubled(trouble: Trouble) -> Response {
    match trouble {
        Trouble::Busy => refuse(StatusCode::SERVICE_UNAVAILABLE, "the server is busy: try again"),
        Trouble::Failed => refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the database could not be read or written; the server's terminal shows why",
        ),
        Trouble::NotThere => refuse(StatusCode::NOT_FOUND, "there is no such picture"),
    }
}

async fn picture(
    State(site): State<Arc<Site>>,
    Path(image): Path<i64>,
    request: Request,
) -> Response {
    let pictures = Arc::clone(&site.pictures);
    let read = tokio::task::spawn_blocking(move || pictures.read(image)).await;
    let Ok(Some(Sending { kind, hash, bytes })) = read else {
        return troubled(Trouble::NotThere);
    };
    let tag = format!("\"{hash}\"");
    let is_known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| *known == *tag);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CACHE_CONTROL, "private, max-age=600".to_owned()),
        (header::ETAG, tag),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, Body::from(bytes)).into_response()
}

async fn printed(
    State(site): State<Arc<Site>>,
    Extension(who): Extension<Curator>,
    Path(image): Path<i64>,
) -> Response {
    match site.desks.printed(&who.0, image).await {
        Ok(bytes) => match pictures::kind(&bytes) {
            Some(kind) => {
                let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")];
                (headers, Body::from(bytes)).into_response()
            }
            None => troubled(Trouble::NotThere),
        },
        Err(trouble) => troubled(trouble),
    }
}
