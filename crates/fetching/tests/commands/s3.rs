//! An S3 service on loopback, from a package.

use std::path::Path;

use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

/// Serves the folders below `root` as buckets until the process ends; with a key, to its holder alone, who
/// must say that they pay.
pub fn serve(root: &Path, key: Option<(&str, &str)>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("nonblocking");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).expect("a file system"));
    if let Some((id, secret)) = key {
        service.set_auth(SimpleAuth::from_single(id, secret));
    }
    let service = service.build();
    let must_pay = key.is_some();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let service = service.clone();
                let paying = service_fn(move |request: hyper::Request<Incoming>| {
                    let payer = request.headers().get("x-amz-request-payer");
                    let pays = payer.is_some_and(|who| who == "requester");
                    let answer = (pays || !must_pay).then(|| Service::call(&service, request));
                    async move {
                        match answer {
                            Some(answer) => answer.await,
                            None => Ok(s3s::HttpResponse::builder()
                                .status(403)
                                .body(s3s::Body::empty())
                                .expect("an answer")),
                        }
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), paying);
                tokio::spawn(async {
                    // A client that goes away is no failure of the test.
                    let _ = connection.await;
                });
            }
        });
    });
    address
}
