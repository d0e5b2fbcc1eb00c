//! `covid-ct label`

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::Workspace;
use crate::curation::screen::{self, ImageProtocol, Options};
use crate::curation::seat::{Server, Serving};
use crate::curation::{
    AsPrinted, Desk, Ended, Order, PaperShare, Prompt, QueueOptions, Scores, Session, Style,
    Summary, Which, names,
};
use crate::extract::Renderings;
use crate::store::{Store, StoreError};
use crate::task;
use anyhow::{Context as _, anyhow, bail};
use covid_ct_core::{Stage, drop_controls};

use super::{Outcome, neighbour, worker_options};
use crate::cli::{ImageProtocolArg, LabelArgs, OrderArg, ShareArg, StateArg};

/// The share of what others decided that a second reader is asked about.
const SAMPLE: f64 = 0.2;

/// How long the full screen may take to end when the process is told to.
const GRACE: Duration = Duration::from_secs(5);

pub fn run(
    workspace: &Path,
    args: &LabelArgs,
    server: Option<&dyn Server>,
) -> anyhow::Result<Outcome> {
    if args.web.web {
        return match server {
            Some(server) => serve(workspace, args, server),
            None => Err(neighbour::hand_over(neighbour::WEB, neighbour::with_same_arguments)),
        };
    }
    let workspace = Workspace::new(workspace);
    let mut store = Store::open_existing(&workspace)?;
    check_papers(&store, &args.paper)?;
    let curator = curator(&store, args.curator.as_deref())?;
    let stage = args.stage.as_deref().map(stage).transpose()?.flatten();
    let options = queue_options(&store, args)?;
    let mut printer = Printer(Renderings::new(worker_options(&workspace)?));
    let (summary, why) = if wants_full_screen(args) {
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
    tell_summary(&curator, summary);
    for line in why {
        eprintln!("{line}");
    }
    Ok(Outcome::Done)
}

fn tell_summary(curator: &str, summary: Summary) {
    let ended = match summary.ended {
        Ended::Finished if summary.skipped == 0 => "nothing is left",
        Ended::Finished => "nothing is left but what was skipped",
        Ended::Quit => "stopped; `covid-ct label` goes on from here",
    };
    let kept = match summary.kept {
        0 => String::new(),
        kept => format!(", {kept} kept as they were"),
    };
    eprintln!(
        "{curator}: {} decided, {} undone, {} skipped{kept}; {ended}",
        summary.decided, summary.undone, summary.skipped
    );
}

/// Asks in browsers, until the process is told to end.
fn serve(workspace: &Path, args: &LabelArgs, server: &dyn Server) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let store = Store::open_existing(&workspace)?;
    check_papers(&store, &args.paper)?;
    let web = &args.web;
    let mut curators: Vec<String> = Vec::new();
    // The name in COVID_CT_CURATOR is whose terminal it is.
    let named = if web.curators.is_empty() { args.curator.as_slice() } else { &web.curators[..] };
    for name in named {
        let mut name = name.trim().to_owned();
        drop_controls(&mut name);
        if name.is_empty() || curators.contains(&name) {
            bail!("--curators: expected names, each once, such as ann,bob");
        }
        if let Some(like) = names::nearly(&name, &store.curators()?) {
            tell_nearly(&name, like);
        }
        curators.push(name);
    }
    if curators.is_empty() {
        bail!("who decides? Name the curators with --curators ann,bob");
    }
    let rendering = worker_options(&workspace)?;
    let serving = Serving {
        stage: args.stage.as_deref().map(stage).transpose()?.flatten(),
        options: queue_options(&store, args)?,
        curators,
        listen: web.listen,
        origin: web.origin.clone(),
        tls: web.tls_cert.clone().zip(web.tls_key.clone()),
        behind_proxy: web.behind_proxy,
        new_links: web.new_links,
        printer: Arc::new(move || Box::new(Printer(Renderings::new(rendering.clone())))),
        workspace,
    };
    drop(store);
    for (curator, summary) in server.serve(serving)? {
        tell_summary(&curator, summary);
    }
    Ok(Outcome::Done)
}

fn tell_nearly(name: &str, like: &str) {
    eprintln!(
        "covid-ct: no decision is signed '{name}' yet, but some are signed '{like}': is that who decides?"
    );
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

/// What curators disagree on, with what each said.
const ADJUDICATE: &str = "adjudicate";

/// The stage that is named; `None` of [`ADJUDICATE`].
fn stage(named: &str) -> anyhow::Result<Option<Stage>> {
    if named == ADJUDICATE {
        return Ok(None);
    }
    named.parse().map(Some).map_err(|why: String| {
        anyhow!("label: {why}, {ADJUDICATE} (the task is {})", task::in_force().name)
    })
}

fn queue_options(store: &Store, args: &LabelArgs) -> anyhow::Result<QueueOptions> {
    let (share, sample) = shares(args)?;
    let adjudicates = args.stage.as_deref() == Some(ADJUDICATE);
    if adjudicates && (args.second_reader || args.state != StateArg::Open) {
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
        _ if adjudicates => Which::Disputed,
        _ if args.second_reader => Which::SecondReading(sample),
        StateArg::Open => Which::Open,
        StateArg::Decided => Which::Decided,
        StateArg::Flagged => Which::Flagged,
    };
    let papers = args.paper.clone();
    let (since, until) = (args.since, args.until);
    Ok(QueueOptions { papers, since, until, share, order, scores, which })
}

/// The share of the papers, and that of a second reader's sample.
fn shares(args: &LabelArgs) -> anyhow::Result<(Option<PaperShare>, f64)> {
    let (mut papers, mut sample) = (None, None);
    for share in &args.share {
        let is_second = match *share {
            ShareArg::Papers(share) => papers.replace(share).is_some(),
            ShareArg::Sample(share) => sample.replace(share).is_some(),
        };
        if is_second {
            bail!(
                "--share: expected one share of the papers and one of a second reader's sample at most"
            );
        }
    }
    if let Some(sample) = sample.filter(|_| !args.second_reader) {
        bail!(
            "--share {sample} is of a second reader's sample: add --second-reader, or say which of how \
             many shares of the papers, such as --share 1/3"
        );
    }
    Ok((papers, sample.unwrap_or(SAMPLE)))
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

/// Who decides. A script must say it: a name taken from its first answer would sign every decision after it
/// wrongly. At a terminal it is asked, and so is whether a name that is nearly a known one is meant.
fn curator(store: &Store, named: Option<&str>) -> anyhow::Result<String> {
    let known = store.curators()?;
    let is_asked = io::stdin().is_terminal();
    let mut name = match named.map(str::trim) {
        Some("") => bail!("{NOBODY}"),
        None if !is_asked => bail!("{NOBODY}"),
        Some(name) => name.to_owned(),
        None => ask_curator(&mut prompt(), &login())?,
    };
    drop_controls(&mut name);
    match names::nearly(&name, &known) {
        None => Ok(name),
        Some(like) if is_asked => ask_meant(&mut prompt(), &name, like),
        Some(like) => {
            tell_nearly(&name, like);
            Ok(name)
        }
    }
}

const NOBODY: &str = "who decides? Name the curator with --curator NAME or COVID_CT_CURATOR";

/// The login name, empty where the system does not say.
fn login() -> String {
    let named = ["USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    named.map(|name| name.trim().to_owned()).find(|name| !name.is_empty()).unwrap_or_default()
}

/// Asks for the curator's name until there is one, the login name proposed where there is one.
fn ask_curator<R: io::BufRead, W: io::Write>(
    prompt: &mut Prompt<R, W>,
    login: &str,
) -> anyhow::Result<String> {
    let question = match login {
        "" => "Who decides? Your name, which is kept with every decision:".to_owned(),
        login => format!("Who decides? [{login}]"),
    };
    loop {
        let answer = prompt.ask(&question).context("cannot ask for the curator")?;
        match answer.as_deref() {
            None => bail!("{NOBODY}"),
            Some("") if login.is_empty() => prompt.tell("A name is needed, such as your own.")?,
            Some("") => return Ok(login.to_owned()),
            Some(name) => return Ok(name.to_owned()),
        }
    }
}

/// Asks whether a name that nobody has is that of the curator with nearly that name.
fn ask_meant<R: io::BufRead, W: io::Write>(
    prompt: &mut Prompt<R, W>,
    name: &str,
    like: &str,
) -> anyhow::Result<String> {
    prompt.tell(&format!("No decision is signed '{name}' yet, but some are signed '{like}'."))?;
    loop {
        let question = format!("Who decides? [Enter: {like}; n: {name}, who is somebody else]");
        let answer = prompt.ask(&question).context("cannot ask for the curator")?;
        match answer.as_deref() {
            None => bail!("{NOBODY}"),
            Some("") => return Ok(like.to_owned()),
            Some("n") => return Ok(name.to_owned()),
            Some(typed) if typed == name || typed == like => return Ok(typed.to_owned()),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        script: &str,
        ask: impl FnOnce(&mut Prompt<&[u8], &mut Vec<u8>>) -> anyhow::Result<String>,
    ) -> (Option<String>, String) {
        let mut shown = Vec::new();
        let mut prompt = Prompt::new(script.as_bytes(), &mut shown, Style::PLAIN);
        let name = ask(&mut prompt).ok();
        (name, String::from_utf8(shown).expect("text"))
    }

    #[test]
    fn a_curator_is_asked_for_until_there_is_a_name() {
        let (name, shown) = asked("\n\nann\n", |prompt| ask_curator(prompt, ""));
        assert_eq!(name.as_deref(), Some("ann"), "{shown}");
        assert_eq!(shown.matches("A name is needed").count(), 2);
        assert_eq!(asked("\n", |prompt| ask_curator(prompt, "root")).0.as_deref(), Some("root"));
        assert_eq!(asked("", |prompt| ask_curator(prompt, "root")).0, None, "nobody answers");
    }

    #[test]
    fn a_name_that_is_nearly_known_is_asked_about() {
        let meant = |script| asked(script, |prompt| ask_meant(prompt, "anne", "ann")).0;
        assert_eq!(meant("\n").as_deref(), Some("ann"));
        assert_eq!(meant("what\nn\n").as_deref(), Some("anne"));
        assert_eq!(meant(""), None);
    }
}
