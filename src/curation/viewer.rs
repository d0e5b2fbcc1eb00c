//! Shows a file in the system's viewer.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts the system's viewer and does not wait for it to be closed.
pub(super) fn open_in_viewer(path: &Path) -> io::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut viewer = Command::new(opener)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{opener}: {error}")))?;
    // An opener without a screen gives up at once; one that shows the picture may take its time.
    for _ in 0..10 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        if let Some(status) = viewer.try_wait()? {
            let failed = || io::Error::other(format!("{opener} gave up: {status}"));
            return if status.success() { Ok(()) } else { Err(failed()) };
        }
    }
    // Reaped when it ends, however long the curator looks.
    std::thread::spawn(move || viewer.wait());
    Ok(())
}

/// Opens `path`, and says what came of it.
pub(super) fn open_and_tell(path: &Path) -> String {
    match open_in_viewer(path) {
        Ok(()) => format!("opening {}", path.display()),
        Err(error) => format!("cannot open {}: {error}; open it by hand", path.display()),
    }
}
