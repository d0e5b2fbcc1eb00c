//! `covid-ct fetch`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::anyhow;

use crate::Workspace;
use crate::corpus::{
    self, AdoptEvent, AdoptOptions, Adopted, Client, Collection, CorpusError, Event, Filter, Lock,
    Manifest, Network, Options, Politeness, Query, Reading, Searched, Server, State, Summary,
    Templates, Versions,
};
use crate::task;
use indicatif::ProgressBar;
use serde::Serialize;

use super::ingest::{objects_bar, reading};
use super::{Outcome, jobs, neighbour, progress_bar, stop_on_interrupt, worker_options};
use crate::cli::{AskingArgs, CollectionArg, FetchArgs, SearchArgs, ServerArg, VersionsArg};

/// What is told as JSON.
#[derive(Debug, Default, Serialize)]
struct Told {
    manifest: PathBuf,
    rows: usize,
    /// Records that the servers told, those wanted, those new.
    searched: Option<[usize; 3]>,
    downloaded: usize,
    bytes: u64,
    adopted: usize,
    at_hand: usize,
    strangers: Vec<PathBuf>,
    /// By preprint or file.
    failed: BTreeMap<String, String>,
    not_asked_for: usize,
}

/// Hands over where servers or buckets are to be asked and there is no network.
pub fn run(
    workspace: &Path,
    args: &FetchArgs,
    network: Option<&dyn Network>,
) -> anyhow::Result<Outcome> {
    let asks = args.from.is_empty() || args.from.iter().any(|path| corpus::is_address(path));
    if asks && network.is_none() {
        return Err(neighbour::hand_over(neighbour::FETCHING, neighbour::with_same_arguments));
    }
    let workspace = Workspace::new(workspace);
    let path = args.manifest.clone().unwrap_or_else(|| workspace.corpus().join("manifest.csv"));
    let lock = Lock::take(&workspace)?;
    let stop = stop_on_interrupt("stopping")?;
    let mut told = Told { manifest: path.clone(), ..Told::default() };
    let manifest = match Manifest::read(&path) {
        // Without any manifest there is something to search for, or to adopt.
        Err(CorpusError::NoManifest { .. })
            if args.search || args.list_only || args.add || args.manifest.is_none() =>
        {
            Manifest::default()
        }
        read => read?,
    };
    match network {
        Some(network) if args.from.is_empty() => {
            let client = network.client(politeness(&args.asking), &lock, Arc::clone(&stop))?;
            from_servers(&workspace, args, &*client, manifest, &path, &mut told)?;
        }
        _ => from_elsewhere(&workspace, args, network, manifest, (&path, &stop), &mut told)?,
    }
    told.rows = Manifest::read(&path).map_or(0, |manifest| manifest.len());
    print(&told, args)?;
    let whole = told.failed.is_empty() && told.not_asked_for == 0;
    Ok(if whole { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn from_servers(
    workspace: &Workspace,
    args: &FetchArgs,
    client: &dyn Client,
    mut manifest: Manifest,
    path: &Path,
    told: &mut Told,
) -> anyhow::Result<()> {
    let templates = templates(&args.asking);
    if args.asking.contact.is_none() {
        eprintln!(
            "covid-ct: tell the servers how to reach you: --contact, or COVID_CT_CONTACT in the \
             environment"
        );
    }
    if args.search || args.list_only || !path.exists() {
        let searched = search(args, client, &templates, &mut manifest)?;
        for what in &searched.unreadable {
            eprintln!("covid-ct: {what}");
            told.failed.insert(what.clone(), "the server's record cannot be read".into());
        }
        told.searched = Some([searched.told, searched.wanted, searched.new]);
        manifest.write(path)?;
    }
    if args.list_only {
        return Ok(());
    }
    let options = Options {
        manifest: path.to_owned(),
        pdfs: workspace.corpus().join("pdf"),
        apart: workspace.corpus().join("changed"),
        templates,
        from_template: args.asking.pdf_url.is_some(),
        accept_changed: args.accept_changed,
        retry_failed: args.retry_failed,
    };
    let mut bar = ProgressBar::hidden();
    let fetched = corpus::fetch(client, manifest, &options, |event| show(&mut bar, event));
    bar.finish_and_clear();
    let Summary { done, bytes, had, failed, left, refusing, interrupted } = fetched?;
    for (host, what) in &refusing {
        eprintln!("{}", account(host, what));
    }
    (told.downloaded, told.bytes, told.at_hand, told.not_asked_for) = (done, bytes, had, left);
    let named = failed.into_iter().map(|(name, state, what)| (name, word(state, &what)));
    told.failed.extend(named);
    if interrupted {
        return Err(CorpusError::Interrupted.into());
    }
    Ok(())
}

fn word(state: State, what: &str) -> String {
    format!("{state}: {what}")
}

fn search(
    args: &FetchArgs,
    client: &dyn Client,
    templates: &Templates,
    manifest: &mut Manifest,
) -> anyhow::Result<Searched> {
    let query = query(&args.search_for)?;
    let bar = progress_bar(0, "records");
    let searched = corpus::search(client, templates, &query, manifest, |told, total| {
        bar.set_length(total.unwrap_or(told).max(told));
        bar.set_position(told);
    });
    bar.finish_and_clear();
    Ok(searched?)
}

fn query(args: &SearchArgs) -> anyhow::Result<Query> {
    let searched = &task::in_force().search;
    let day = |given: &Option<String>, of_task: &String, option: &str| match given {
        Some(day) => Ok(day.clone()),
        None if !of_task.is_empty() => Ok(of_task.clone()),
        None => Err(anyhow!(
            "the task {} does not say when papers were posted: give {option} YYYY-MM-DD",
            task::in_force().name
        )),
    };
    let since = day(&args.since, &searched.since, "--since")?;
    let until = day(&args.until, &searched.until, "--until")?;
    let categories = if args.category.is_empty() { &searched.categories } else { &args.category };
    let keywords = match (args.any_topic, args.keyword.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => searched.keywords.clone(),
        (false, false) => args.keyword.clone(),
    };
    // A task is read with no others.
    let named = |name: &str| if name == "biorxiv" { Server::Biorxiv } else { Server::Medrxiv };
    let server = |server: &ServerArg| match server {
        ServerArg::Medrxiv => Server::Medrxiv,
        ServerArg::Biorxiv => Server::Biorxiv,
    };
    Ok(Query {
        servers: match &args.server[..] {
            [] => searched.servers.iter().map(|name| named(name)).collect(),
            given => given.iter().map(server).collect(),
        },
        filter: Filter::new(&since, &until, &keywords, categories)?,
        collection: match args.collection {
            CollectionArg::Details => Collection::Details,
            CollectionArg::Covid19 => Collection::Covid19,
        },
        versions: match args.versions {
            VersionsArg::Newest => Versions::Newest,
            VersionsArg::All => Versions::All,
        },
    })
}

fn politeness(args: &AskingArgs) -> Politeness {
    Politeness {
        contact: args.contact.clone(),
        spacing: Duration::from_secs_f64(args.spacing),
        api_spacing: Duration::from_secs_f64(args.api_spacing),
        tries: args.tries,
        backoff: Duration::from_secs_f64(args.backoff),
        patience: Duration::from_secs_f64(args.patience),
        timeout: Duration::from_secs_f64(args.timeout),
        max_bytes: args.max_size << 20,
        private: args.allow_private,
        named: [&args.api, &args.details_url, &args.covid19_url, &args.pdf_url]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
    }
}

fn templates(args: &AskingArgs) -> Templates {
    let Templates { api, details, covid19, pdf } = Templates::default();
    Templates {
        api: args.api.clone().unwrap_or(api),
        details: args.details_url.clone().unwrap_or(details),
        covid19: args.covid19_url.clone().unwrap_or(covid19),
        pdf: args.pdf_url.clone().unwrap_or(pdf),
    }
}

/// What a host that refuses means, and what to do instead.
fn account(host: &str, what: &str) -> String {
    let buckets = crate::corpus::BUCKETS.join(", ");
    format!(
        "covid-ct: {host} is not asked again: {what}\n\
         What is downloaded stays, and the same command goes on later. Instead:\n  \
         - try again in some hours, with --contact and a longer --spacing;\n  \
         - download PDFs in your browser and take them with `covid-ct fetch --from DIR`;\n  \
         - read the servers' bulk buckets for text mining ({buckets}) with `covid-ct fetch --from \
         s3://BUCKET/PREFIX --requester-pays`; docs/corpus.md tells the costs."
    )
}

/// A bar once it is known how many there are; complaints go past it.
fn show(bar: &mut ProgressBar, event: Event) {
    match event {
        Event::Start { wanted, .. } => *bar = progress_bar(wanted, "PDFs"),
        Event::Done { name, bytes } => {
            bar.inc(1);
            tracing::info!("{name}: {bytes} bytes");
        }
        Event::Again { name, what } => {
            bar.suspend(|| tracing::warn!("{name}: {what}; trying again"));
        }
        Event::Failed { name, what } => {
            bar.inc(1);
            bar.suspend(|| eprintln!("{name}: {what}"));
        }
        Event::Refuses { host, left, .. } => {
            bar.inc(left as u64);
            bar.suspend(|| tracing::info!("{host}: {left} not asked for"));
        }
    }
}

fn from_elsewhere(
    workspace: &Workspace,
    args: &FetchArgs,
    network: Option<&dyn Network>,
    manifest: Manifest,
    (path, stop): (&Path, &AtomicBool),
    told: &mut Told,
) -> anyhow::Result<()> {
    let (local, remote): (Vec<PathBuf>, Vec<PathBuf>) =
        args.from.iter().cloned().partition(|path| !corpus::is_address(path));
    let mut sources = local;
    if !remote.is_empty() {
        let mut bar = ProgressBar::hidden();
        let Politeness { contact, max_bytes, .. } = politeness(&args.asking);
        let reading = Reading { contact, max_bytes: Some(max_bytes), ..reading(&args.bucket) };
        let brought = corpus::bring(workspace, &remote, (network, &reading), stop, |count| {
            objects_bar(&mut bar, count);
        });
        bar.finish_and_clear();
        let brought = brought?;
        sources.extend(brought.paths);
        for (what, error) in &brought.failed {
            eprintln!("{what}: {error}");
        }
        told.failed.extend(brought.failed);
        if brought.interrupted {
            return Err(CorpusError::Interrupted.into());
        }
    }
    let options = AdoptOptions {
        manifest: path.to_owned(),
        pdfs: workspace.corpus().join("pdf"),
        add: args.add,
        accept_changed: args.accept_changed,
        workers: crate::extract::Options { jobs: jobs(None), ..worker_options(workspace)? },
    };
    let mut bar = ProgressBar::hidden();
    let adopted = corpus::adopt(&sources, manifest, &options, stop, |event| match event {
        AdoptEvent::Start(count) => bar = progress_bar(count, "files"),
        AdoptEvent::Looked => bar.inc(1),
        AdoptEvent::Failed { path, what } => {
            bar.suspend(|| eprintln!("{}: {what}", path.display()));
        }
    });
    bar.finish_and_clear();
    let Adopted { adopted, had, strangers, failed, interrupted } = adopted?;
    for path in &strangers {
        tracing::info!("{}: not in the manifest", path.display());
    }
    (told.adopted, told.at_hand, told.strangers) = (adopted, had, strangers);
    told.failed.extend(failed.into_iter().map(|(path, what)| (path.display().to_string(), what)));
    if interrupted {
        return Err(CorpusError::Interrupted.into());
    }
    Ok(())
}

fn print(told: &Told, args: &FetchArgs) -> anyhow::Result<()> {
    if args.json {
        println!("{}", serde_json::to_string(told)?);
        return Ok(());
    }
    if let Some([records, wanted, new]) = told.searched {
        println!(
            "{records} records listed by the servers, {wanted} match the search, {new} new in {}",
            told.manifest.display()
        );
    }
    if args.list_only {
        return Ok(());
    }
    let failed = told.failed.len();
    if args.from.is_empty() {
        println!(
            "{} PDFs downloaded ({:.1} MB), {} there before, {failed} failed, {} not asked for; {} \
             preprints in {}",
            told.downloaded,
            told.bytes as f64 / 1e6,
            told.at_hand,
            told.not_asked_for,
            told.rows,
            told.manifest.display()
        );
    } else {
        println!(
            "{} PDFs adopted, {} there before, {} match no preprint in the manifest (-v names them; \
             --add adds their preprints), {failed} failed; {} preprints in {}",
            told.adopted,
            told.at_hand,
            told.strangers.len(),
            told.rows,
            told.manifest.display()
        );
    }
    Ok(())
}
