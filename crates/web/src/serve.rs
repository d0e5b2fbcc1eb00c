//! Listens, and hands each connection to the routes until the process is told to end.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use covid_ct::curation::Summary;
use covid_ct::curation::seat::Serving;
use covid_ct::store::Store;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use crate::access::{self, Access};
use crate::desks::Desks;
use crate::limits::{CONNECTIONS, CONNECTIONS_OF_ONE, HEAD, REQUEST, Rate};
use crate::pictures::Pictures;
use crate::routes::{Peer, Site, router};
use crate::tls;

pub fn serve(serving: Serving) -> anyhow::Result<Vec<(String, Summary)>> {
    access::check(&serving)?;
    let acceptor =
        serving.tls.as_ref().map(|(chain, key)| tls::acceptor(chain, key)).transpose()?;
    let pictures = Arc::new(Pictures::new(Store::open_existing(&serving.workspace)?));
    let stop = Arc::new(Notify::new());
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.notify_one()).context("cannot watch for signals")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start threads")?;
    let ended = runtime.block_on(async {
        let listener = TcpListener::bind(serving.listen)
            .await
            .with_context(|| format!("cannot listen at {}", serving.listen))?;
        let address = listener.local_addr()?;
        let access = Access::new(&serving, address)?;
        tell(&access, &serving, address)?;
        let is_behind_proxy = serving.behind_proxy;
        let site = Arc::new(Site {
            access,
            desks: Desks::new(serving),
            pictures,
            requests: Rate::new(60.0, 600.0),
            strangers: Rate::new(10.0, 100.0),
        });
        let routes = router(Arc::clone(&site));
        let connections =
            Connections::new(if is_behind_proxy { CONNECTIONS } else { CONNECTIONS_OF_ONE });
        tokio::select! {
            () = accept(&listener, acceptor, &routes, &connections) => {}
            () = stop.notified() => {}
        }
        drop(listener);
        anyhow::Ok(site)
    })?;
    // What was begun is finished; who is not answered by then asks the next server.
    let done = ended.desks.end();
    runtime.shutdown_background();
    Ok(done)
}

/// Prints the links: data, so to stdout; the rest is for whoever watches.
fn tell(access: &Access, serving: &Serving, address: SocketAddr) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for (curator, link) in access.links() {
        writeln!(out, "{curator}: {link}")?;
    }
    out.flush()?;
    eprintln!(
        "Serving at {address}. Each link lets its curator decide: hand it to nobody else. Ctrl-C ends."
    );
    if serving.behind_proxy {
        eprintln!(
            "covid-ct: {address} speaks no TLS: nobody but the proxy may reach it, which must pass on the header \
             Host as it is"
        );
    }
    Ok(())
}

/// Connections there are, in all and of each address.
#[derive(Clone)]
struct Connections {
    all: Arc<Semaphore>,
    of_one: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most_of_one: usize,
}

/// One of them, for as long as it is held.
struct Connection {
    _one: OwnedSemaphorePermit,
    all: Connections,
    peer: IpAddr,
}

impl Connections {
    fn new(most_of_one: usize) -> Self {
        let all = Arc::new(Semaphore::new(CONNECTIONS));
        Self { all, of_one: Arc::default(), most_of_one }
    }

    /// Waits until there is one left; `None` where this address has too many.
    async fn one(&self, peer: IpAddr) -> Option<Connection> {
        let one = Arc::clone(&self.all).acquire_owned().await.ok()?;
        let mut of_one = self.of_one.lock().unwrap_or_else(PoisonError::into_inner);
        let count = of_one.entry(peer).or_default();
        if *count >= self.most_of_one {
            return None;
        }
        *count += 1;
        drop(of_one);
        Some(Connection { _one: one, all: self.clone(), peer })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut of_one = self.all.of_one.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = of_one.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                of_one.remove(&self.peer);
            }
        }
    }
}

async fn accept(
    listener: &TcpListener,
    acceptor: Option<TlsAcceptor>,
    routes: &Router,
    connections: &Connections,
) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, say: others close theirs.
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(connection) = connections.one(peer.ip()).await else { continue };
        let (acceptor, routes) = (acceptor.clone(), routes.clone());
        tokio::spawn(async move {
            converse(stream, peer.ip(), acceptor, routes).await;
            drop(connection);
        });
    }
}

async fn converse(stream: TcpStream, peer: IpAddr, acceptor: Option<TlsAcceptor>, routes: Router) {
    let _ = stream.set_nodelay(true);
    match acceptor {
        None => answer(TokioIo::new(stream), peer, routes).await,
        Some(acceptor) => match tokio::time::timeout(HEAD, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => answer(TokioIo::new(stream), peer, routes).await,
            Ok(Err(error)) => tracing::debug!("{peer}: {error}"),
            Err(_) => tracing::debug!("{peer}: says nothing"),
        },
    }
}

async fn answer<S>(stream: S, peer: IpAddr, routes: Router)
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        let mut routes = routes.clone();
        request.extensions_mut().insert(Peer(peer));
        async move {
            let answered = routes.call(request.map(Body::new));
            let response = match tokio::time::timeout(REQUEST, answered).await {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => (StatusCode::REQUEST_TIMEOUT, "this took too long").into_response(),
            };
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(64)
        .serve_connection(stream, service)
        .await;
    if let Err(error) = served {
        tracing::debug!("{peer}: {error}");
    }
}
