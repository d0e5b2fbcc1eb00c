//! A real terminal, played by tmux, in which `covid-ct label` runs on the full screen.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::{Project, skipped, text};

/// Longer than any question takes to appear, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// Keys within 150 ms after a question appears are dropped; it appeared at most one look ago.
const READING: Duration = Duration::from_millis(300);

/// How often to look.
const LOOK: Duration = Duration::from_millis(50);

/// A terminal of its own; ends with the value.
pub struct Terminal {
    server: String,
}

impl Terminal {
    /// Whether tmux, which plays the terminal, is installed; says so where it is not.
    pub fn is_there() -> bool {
        let found = Command::new("tmux").arg("-V").output().is_ok();
        if !found {
            skipped("tmux is not installed");
        }
        found
    }

    /// Runs `covid-ct label` in `project` until it ends, then says so.
    pub fn label(project: &Project, options: &[&str]) -> Self {
        Self::run(project, &[&["label", "--curator", "ann"], options].concat())
    }

    /// The same of any command.
    pub fn run(project: &Project, arguments: &[&str]) -> Self {
        // Tests of one process run beside each other.
        let thread = std::thread::current().id();
        let server = format!("covid-ct-{}-{thread:?}", std::process::id());
        let terminal = Self { server: server.replace(['(', ')'], "") };
        let program = crate::PROGRAM;
        let workspace = project.path("");
        let run = format!(
            "'{program}' --workspace '{}' {}; \
             echo \"ended with $?\"; sleep 600",
            workspace.display(),
            arguments.join(" ")
        );
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", &run]);
        terminal
    }

    pub fn tmux(&self, args: &[&str]) -> Output {
        let output = Command::new("tmux").args(["-L", &self.server]).args(args).output();
        let output = output.expect("tmux");
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        output
    }

    pub fn screen(&self) -> String {
        text(&self.tmux(&["capture-pane", "-p"]).stdout)
    }

    /// Waits until `what` is seen, and long enough that keys count.
    pub fn wait_for(&self, what: &str) {
        let start = Instant::now();
        while !self.screen().contains(what) {
            assert!(start.elapsed() < PATIENCE, "no '{what}' on:\n{}", self.screen());
            std::thread::sleep(LOOK);
        }
        std::thread::sleep(READING);
    }

    /// Waits until one of two is seen, and long enough that keys count; true where it is the first.
    pub fn wait_for_either(&self, what: &str, other: &str) -> bool {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(what) || screen.contains(other) {
                std::thread::sleep(READING);
                return screen.contains(what);
            }
            assert!(start.elapsed() < PATIENCE, "no '{what}', no '{other}' on:\n{screen}");
            std::thread::sleep(LOOK);
        }
    }

    /// Presses a key, named as tmux names it, and waits for what it leads to.
    pub fn press(&self, key: &str, leads_to: &str) {
        self.tmux(&["send-keys", key]);
        self.wait_for(leads_to);
    }

    /// Presses a key that counts and tells how long it took until what it leads to was seen, tmux's own
    /// time included.
    pub fn time(&self, key: &str, leads_to: &str) -> Duration {
        let start = Instant::now();
        self.tmux(&["send-keys", key]);
        while !self.screen().contains(leads_to) {
            assert!(start.elapsed() < PATIENCE, "no '{leads_to}' on:\n{}", self.screen());
        }
        let took = start.elapsed();
        std::thread::sleep(READING);
        took
    }

    pub fn write(&self, line: &str, leads_to: &str) {
        self.tmux(&["send-keys", "C-u"]);
        self.tmux(&["send-keys", "-l", line]);
        self.press("Enter", leads_to);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.server, "kill-server"]).output();
    }
}
