//! `covid-ct label`

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::Workspace;
use crate::curation::screen::{self, ImageProtocol, Options};
use crate::curation::{
    AsPrinted, Desk, Ended, Order, Prompt, QueueOptions, Scores, Session, Style, Which,
};
use crate::extract::Renderings;
use crate::store::{Stage, Store, StoreError};
use anyhow::{Context as _, bail};

use super::{Outcome, worker_options};
use crate::cli::{ImageProtocolArg, LabelArgs, OrderArg, StageArg, StateArg};

/// How long the full screen may take to end when the process is told to.
const GRACE: Duration = Duration::from_secs(5);

pub fn run(workspace: &Path, args: &LabelArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let mut store = Store::open_existing(&workspace)?;
    check_papers(&store, &args.paper)?;
    let curator = match &args.curator {
        Some(name) => name.trim().to_owned(),
        None => ask_curator(&mut prompt())?,
    };
    if curator.is_empty() {
        bail!("who decides? Name the curator with --curator NAME or COVID_CT_CURATOR");
    }
    let stage = args.stage.and_then(stage);
    let options = queue_options(&store, args)?;
    let mut printer = Printer(Renderings::new(worker_options(&workspace)?));
    let summary = if wants_full_screen(args) {
        let desk = Desk::new(&mut store, &curator, &options, &mut printer);
        let colour = Style::of_stdout().colour;
        let look = Options { protocol: protocol(args.image_protocol), colour };
        let stop = stop_quietly()?;
        screen::run(desk, stage, look, &stop)?
    } else {
        let preview = workspace.data().join("preview.png");
        let mut session =
            Session::new(&mut store, prompt(), &curator, &options, &preview, &mut printer);
        session.run(stage)?
    };
    let ended = match summary.ended {
        Ended::Finished if summary.skipped == 0 => "nothing is left",
        Ended::Finished => "nothing is left but what was skipped",
        Ended::Quit => "stopped; `covid-ct label` goes on from here",
    };
    eprintln!(
        "{curator}: {} decided, {} undone, {} skipped; {ended}",
        summary.decided, summary.undone, summary.skipped
    );
    Ok(Outcome::Done)
}

fn prompt() -> Prompt<io::StdinLock<'static>, io::StdoutLock<'static>> {
    Prompt::new(io::stdin().lock(), io::stdout().lock(), Style::of_stdout())
}

/// Scripts and pipes are asked line by line, and so is a terminal that cannot move its cursor.
fn wants_full_screen(args: &LabelArgs) -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    !args.plain && !dumb && io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Becomes true when the process is told to end, so that the terminal is given back first. Ctrl-C is a
/// key like others there.
fn stop_quietly() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        asked.store(true, Ordering::Relaxed);
        // Whoever is still here then hangs on a terminal that has gone; every decision is on disk.
        std::thread::sleep(GRACE);
        std::process::exit(130);
    })
    .context("cannot watch for signals")?;
    Ok(stop)
}

fn protocol(protocol: ImageProtocolArg) -> ImageProtocol {
    match protocol {
        ImageProtocolArg::Auto => ImageProtocol::Auto,
        ImageProtocolArg::Kitty => ImageProtocol::Kitty,
        ImageProtocolArg::Iterm2 => ImageProtocol::Iterm2,
        ImageProtocolArg::Sixel => ImageProtocol::Sixel,
        ImageProtocolArg::HalfBlocks => ImageProtocol::HalfBlocks,
        ImageProtocolArg::None => ImageProtocol::None,
    }
}

/// Has a worker draw a figure as printed when its picture is first shown.
#[derive(Debug)]
struct Printer(Renderings);

impl AsPrinted for Printer {
    fn file(
        &mut self,
        store: &mut Store,
        figure: i64,
    ) -> Result<Option<Result<PathBuf, String>>, StoreError> {
        let object = self.0.of_figure(store, figure)?;
        Ok(object.map(|object| object.map(|object| store.objects().path(&object))))
    }
}

fn stage(stage: StageArg) -> Option<Stage> {
    match stage {
        StageArg::Select => Some(Stage::Select),
        StageArg::Diagnose => Some(Stage::Diagnose),
        StageArg::Crop => Some(Stage::Crop),
        StageArg::Case => Some(Stage::Case),
        StageArg::Adjudicate => None,
    }
}

fn queue_options(store: &Store, args: &LabelArgs) -> anyhow::Result<QueueOptions> {
    if !(0.0..=1.0).contains(&args.share) {
        bail!("--share {}: expected a share from 0 to 1, such as 0.2", args.share);
    }
    if args.stage == Some(StageArg::Adjudicate)
        && (args.second_reader || args.state != StateArg::Open)
    {
        bail!("adjudicate asks about what is disputed: leave --state and --second-reader out");
    }
    let order = match args.order {
        OrderArg::Likely => Order::Likely,
        OrderArg::Paper => Order::Paper,
        OrderArg::Uncertain => Order::Uncertain,
    };
    let scores = match &args.scores {
        None => Scores::default(),
        Some(_) if order != Order::Likely => {
            bail!("--scores says what is likely: leave --order out")
        }
        Some(file) => Scores::read(file, store)?,
    };
    let which = match args.state {
        _ if args.stage == Some(StageArg::Adjudicate) => Which::Disputed,
        _ if args.second_reader => Which::SecondReading(args.share),
        StateArg::Open => Which::Open,
        StateArg::Decided => Which::Decided,
        StateArg::Flagged => Which::Flagged,
    };
    let papers = args.paper.clone();
    Ok(QueueOptions { papers, since: args.since, until: args.until, order, scores, which })
}

fn check_papers(store: &Store, papers: &[String]) -> anyhow::Result<()> {
    let images = store.images()?;
    for paper in papers {
        if !images.iter().any(|image| image.preprint_name == *paper) {
            bail!("no picture of a paper named '{paper}': `covid-ct figures` lists the papers");
        }
    }
    Ok(())
}

/// Asks for the curator's name, the login name proposed. A script must say it: a name taken from
/// its first answer would sign every decision after it wrongly.
fn ask_curator<R: io::BufRead, W: io::Write>(prompt: &mut Prompt<R, W>) -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        bail!("who decides? Name the curator with --curator NAME or COVID_CT_CURATOR");
    }
    let login = std::env::var("USER").unwrap_or_default();
    let answer =
        prompt.ask(&format!("Who decides? [{login}]")).context("cannot ask for the curator")?;
    Ok(answer.filter(|name| !name.is_empty()).unwrap_or(login))
}
