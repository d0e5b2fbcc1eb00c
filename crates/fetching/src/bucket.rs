//! PDFs and archives in a bucket or on a web server: `s3://`, `gs://`, `https://`.
//!
//! The servers' own bulk buckets are requester-pays: reading them costs whoever reads, and needs an
//! account. Credentials come from the environment, under the names that the providers' own tools use.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::path::Path as Key;
use object_store::{ClientOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, RetryConfig};
use reqwest::Url;
use reqwest::header::HeaderValue;

use covid_ct::atomic;
use covid_ct::corpus::{self, Access, Brought, CorpusError, Politeness, Reading, Result, is_meca};
use covid_ct::extract::is_pdf;
use covid_ct_core::is_one_component;

use crate::client;
use crate::private::{PrivateHost, SourceConnector};

/// A prefix of a bucket.
#[derive(Debug)]
pub struct Bucket {
    connection: Connection,
    address: String,
}

/// What an address leads to.
#[derive(Debug)]
pub struct Connection {
    pub store: Box<dyn ObjectStore>,
    pub prefix: Key,
    pub runtime: tokio::runtime::Runtime,
    /// A web server need not list anything.
    pub is_web: bool,
    pub max_bytes: u64,
    /// Between objects. Buckets are made for it; a web server is asked as preprint servers are.
    pub spacing: Duration,
}

impl Connection {
    /// # Errors
    /// When the address is none, or the environment's settings make no sense.
    pub fn open(address: &str, reading: &Reading) -> Result<Self> {
        client::use_ring();
        let (access, endpoint) = (reading.access, reading.endpoint.as_deref());
        let failed = |what: String| CorpusError::Bucket { address: address.to_owned(), what };
        let url = Url::parse(address).map_err(|error| failed(error.to_string()))?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| failed("expected s3://BUCKET/PREFIX".into()))?;
        let path = Key::from_url_path(url.path()).map_err(|error| failed(error.to_string()))?;
        if url.query().is_some() || url.fragment().is_some() {
            let what = "an address with ? or # cannot be read: download it, and give the file";
            return Err(failed(what.into()));
        }
        let agent = client::user_agent(reading.contact.as_deref());
        HeaderValue::try_from(&agent).map_err(|error| failed(error.to_string()))?;
        let addresses: Vec<&str> = [address].into_iter().chain(endpoint).collect();
        let connector = SourceConnector::new(&addresses, agent, access != Access::Anonymous);
        let web = ClientOptions::new().with_allow_http(true);
        let retry = RetryConfig { max_retries: 5, ..RetryConfig::default() };
        let store: object_store::Result<Box<dyn ObjectStore>> = match url.scheme() {
            "s3" => {
                let mut builder = AmazonS3Builder::from_env()
                    .with_bucket_name(host)
                    .with_client_options(web)
                    .with_http_connector(connector)
                    .with_retry(retry)
                    .with_skip_signature(access == Access::Anonymous)
                    .with_request_payer(access == Access::RequesterPays);
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint);
                }
                builder.build().map(|store| Box::new(store) as _)
            }
            "gs" if access == Access::RequesterPays => {
                return Err(failed("requester-pays is there for s3:// alone".into()));
            }
            "gs" => {
                let mut builder = GoogleCloudStorageBuilder::from_env()
                    .with_bucket_name(host)
                    .with_client_options(web)
                    .with_http_connector(connector)
                    .with_retry(retry);
                if access == Access::Anonymous {
                    builder = builder.with_config(GoogleConfigKey::SkipSignature, "true");
                }
                if let Some(endpoint) = endpoint {
                    builder = builder.with_config(GoogleConfigKey::BaseUrl, endpoint);
                }
                builder.build().map(|store| Box::new(store) as _)
            }
            "https" | "http" => {
                let origin = url.origin().ascii_serialization();
                let builder = HttpBuilder::new()
                    .with_url(origin)
                    .with_client_options(web)
                    .with_http_connector(connector)
                    .with_retry(retry);
                builder.build().map(|store| Box::new(store) as _)
            }
            other => return Err(failed(format!("expected s3, gs or https, found {other}"))),
        };
        let store = store.map_err(|error| failed(error.to_string()))?;
        let is_web = url.scheme().starts_with("http");
        let usual = Politeness::default();
        Ok(Self {
            store,
            prefix: path,
            runtime: client::runtime()?,
            is_web,
            max_bytes: reading.max_bytes.unwrap_or(usual.max_bytes),
            spacing: if is_web { usual.spacing } else { Duration::ZERO },
        })
    }

    /// What to do where it is refused.
    pub fn advice(&self) -> &'static str {
        if self.is_web {
            "; a web server that lists nothing (WebDAV) serves single files: give the whole address"
        } else {
            "; --account reads with the credentials of the environment, --requester-pays also pays"
        }
    }
}

impl Bucket {
    /// # Errors
    /// As [`Connection::open`].
    pub fn open(address: &str, reading: &Reading) -> Result<Self> {
        Ok(Self { connection: Connection::open(address, reading)?, address: address.to_owned() })
    }

    async fn list(&self) -> Result<Vec<ObjectMeta>> {
        let failed = |error: object_store::Error| {
            let what = format!("cannot be listed: {}{}", cause(&error), self.connection.advice());
            CorpusError::Bucket { address: self.address.clone(), what }
        };
        let is_wanted = |key: &Key| {
            let path = Path::new(key.as_ref());
            is_pdf(path) || is_meca(path)
        };
        // A single object is named in full.
        if is_wanted(&self.connection.prefix) {
            return Ok(vec![
                self.connection.store.head(&self.connection.prefix).await.map_err(failed)?,
            ]);
        }
        let prefix = Some(&self.connection.prefix).filter(|prefix| !prefix.as_ref().is_empty());
        let mut objects: Vec<ObjectMeta> =
            self.connection.store.list(prefix).try_collect().await.map_err(failed)?;
        objects.retain(|object| is_wanted(&object.location));
        objects.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(objects)
    }

    /// Where an object goes: below `folder` as it is below the prefix.
    fn file(&self, folder: &Path, object: &ObjectMeta) -> std::result::Result<PathBuf, String> {
        let below = object
            .location
            .prefix_match(&self.connection.prefix)
            .map(|parts| parts.map(|part| part.as_ref().to_owned()).collect::<Vec<String>>());
        let mut parts = below.unwrap_or_default();
        if parts.is_empty() {
            parts.extend(object.location.filename().map(ToOwned::to_owned));
        }
        if parts.is_empty() || !parts.iter().all(|part| is_one_component(part)) {
            return Err("its name leads out of the folder: refused".into());
        }
        Ok(parts.iter().fold(folder.to_owned(), |path, part| path.join(part)))
    }

    /// False where it was interrupted.
    async fn take(
        &self,
        object: &ObjectMeta,
        target: &Path,
        stop: &AtomicBool,
    ) -> std::result::Result<bool, String> {
        use std::io::Write as _;
        let disk = |error: std::io::Error| format!("cannot write {}: {error}", target.display());
        let read =
            |error: object_store::Error| format!("{}{}", cause(&error), self.connection.advice());
        if object.size > self.connection.max_bytes {
            return Err(format!(
                "{} MiB, more than {} (`covid-ct fetch --from` takes larger ones with --max-size)",
                object.size >> 20,
                self.connection.max_bytes >> 20
            ));
        }
        let folder = target.parent().unwrap_or(target);
        std::fs::create_dir_all(folder).map_err(disk)?;
        let mut file = atomic::beside(target).map_err(disk)?;
        let mut stream =
            self.connection.store.get(&object.location).await.map_err(read)?.into_stream();
        let mut length = 0;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(read)?;
            length += bytes.len() as u64;
            if length > object.size {
                return Err(format!("more bytes come than the {} announced", object.size));
            }
            file.write_all(&bytes).map_err(disk)?;
            if stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
        }
        if length != object.size {
            return Err(format!("{length} bytes came, and {} were announced", object.size));
        }
        // By its length and this date it is known again.
        file.as_file().set_modified(object.last_modified.into()).map_err(disk)?;
        atomic::put(file, target).map_err(disk)?;
        Ok(true)
    }
}

impl corpus::Bucket for Bucket {
    fn bring(
        &self,
        folder: &Path,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(Option<usize>),
    ) -> Result<Brought> {
        let objects = self.connection.runtime.block_on(self.list())?;
        watch(Some(objects.len()));
        let mut brought = Brought::default();
        let mut asked = false;
        for object in objects {
            if stop.load(Ordering::Relaxed) {
                brought.interrupted = true;
                break;
            }
            let address = format!("{}: {}", self.address, object.location);
            match self.file(folder, &object) {
                Err(what) => brought.failed.push((address, what)),
                Ok(path) if is_here(&path, &object) => {
                    brought.had += 1;
                    brought.files.push(path);
                }
                Ok(path) => {
                    if std::mem::replace(&mut asked, true) {
                        self.connection
                            .runtime
                            .block_on(async { tokio::time::sleep(self.connection.spacing).await });
                    }
                    match self.connection.runtime.block_on(self.take(&object, &path, stop)) {
                        Ok(true) => brought.files.push(path),
                        Ok(false) => brought.interrupted = true,
                        Err(what) => brought.failed.push((address, what)),
                    }
                }
            }
            watch(None);
        }
        brought.files.sort();
        brought.failed.sort();
        Ok(brought)
    }
}

fn is_here(path: &Path, object: &ObjectMeta) -> bool {
    let Ok(found) = std::fs::metadata(path) else { return false };
    let date: std::time::SystemTime = object.last_modified.into();
    found.len() == object.size && found.modified().is_ok_and(|modified| modified == date)
}

/// The innermost cause, which says more than what is around it.
pub fn cause(error: &object_store::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    let mut words = vec![cause.to_string()];
    while let Some(source) = cause.source() {
        cause = source;
        if cause.is::<PrivateHost>() {
            return cause.to_string();
        }
        words.push(cause.to_string());
    }
    // Each repeats the next; of two the shorter says it.
    words.into_iter().min_by_key(String::len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_bucket_is_refused() {
        let open = |address, access| {
            Bucket::open(address, &Reading { access, ..Reading::default() }).map(drop)
        };
        assert!(open("s3:///prefix", Access::Anonymous).is_err());
        assert!(open("https://a.org/x.pdf?key=1", Access::Anonymous).is_err());
        assert!(open("ftp://a/b", Access::Anonymous).is_err());
        let pays = open("gs://bucket/x", Access::RequesterPays).expect_err("refused");
        assert!(pays.to_string().contains("s3://"), "{pays}");
    }
}
