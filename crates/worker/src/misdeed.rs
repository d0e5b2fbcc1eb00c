//! What no document needs, tried by a worker to show that it is refused. Each does nothing where it is let through.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::process::{Command, Stdio};

use covid_ct_core::string_enum;

use super::isolation::Trial;

string_enum! {
    /// Something that no document needs.
    pub enum Misdeed {
        /// Open a socket.
        Socket = "socket",
        /// Open a pair of them.
        SocketPair = "socket-pair",
        /// Read a file that is no document.
        Open = "open",
        /// Write a file that is none.
        Write = "write",
        /// Start another program.
        Fork = "fork",
        /// Start a thread.
        Thread = "thread",
        /// Change the rights of a file.
        Rights = "rights",
        /// Change its owner.
        Owner = "owner",
        /// Change its times.
        Times = "times",
        /// Change its extended attributes.
        Attributes = "attributes",
        /// Make a link to a file.
        Link = "link",
        /// Change the limits of another process.
        LimitsOfOthers = "limits-of-others",
        /// Change a priority.
        Priority = "priority",
        /// Send a signal to another process.
        Signal = "signal",
        /// Read the memory of another process.
        MemoryOfOthers = "memory-of-others",
        /// Watch another process.
        Trace = "trace",
        /// Share memory with other processes.
        SharedMemory = "shared-memory",
        /// Make memory executable.
        ExecutableMemory = "executable-memory",
        /// Set the clock.
        Clock = "clock",
        /// Enter another namespace.
        Namespace = "namespace",
        /// Use the keys that the kernel keeps.
        Keys = "keys",
        /// Ask the kernel by a ring of requests, past the filter.
        Ring = "ring",
        /// Ask by the numbers of another ABI, past the filter.
        OtherAbi = "other-abi",
        /// Compute without end; that takes a while to be refused.
        Spin = "spin",
    }
}

/// Tries all but to compute without end; `folder` is one that this process may write to.
pub fn try_all(folder: &Path) -> Vec<Trial> {
    let all = Misdeed::ALL.iter().filter(|misdeed| **misdeed != Misdeed::Spin);
    all.map(|misdeed| Trial {
        misdeed: misdeed.to_string(),
        refused: misdeed.attempt(folder).is_err_and(|error| is_refusal(&error)),
    })
    .collect()
}

/// Whether the system said that it may not be, and not that it cannot be.
fn is_refusal(error: &Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}

impl Misdeed {
    /// Does it. `folder` is one that this process may write to.
    ///
    /// # Errors
    /// When it is refused, as it should be.
    pub fn attempt(self, folder: &Path) -> Result<()> {
        match self {
            Self::Socket => std::net::TcpListener::bind("127.0.0.1:0").map(drop),
            Self::Open => std::fs::read("/etc/passwd").map(drop),
            // The folder itself is no file that could be written.
            Self::Write => std::fs::write(std::env::temp_dir().join(".covid-ct-misdeed"), "")
                .and_then(|()| {
                    std::fs::remove_file(std::env::temp_dir().join(".covid-ct-misdeed"))
                }),
            Self::Fork => Command::new("/bin/true").stdin(Stdio::null()).status().map(drop),
            Self::Thread => std::thread::Builder::new().spawn(|| {}).map(drop).map_err(|error| {
                // The C library says that there are too many, whatever the system said.
                if error.kind() == ErrorKind::WouldBlock {
                    ErrorKind::PermissionDenied.into()
                } else {
                    error
                }
            }),
            Self::Rights => {
                let now = std::fs::metadata(folder)?.permissions();
                std::fs::set_permissions(folder, now)
            }
            Self::Spin => loop {
                std::hint::spin_loop();
            },
            #[cfg(target_os = "linux")]
            other => linux::attempt(other, folder),
            #[cfg(not(target_os = "linux"))]
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::CString;
    use std::io::{Error, Result};
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use super::Misdeed;

    /// By number, since most have no safe name. Arguments are such that nothing comes of a call that is let through: a
    /// signal that is none, a time that cannot be, a flag that is not set.
    pub fn attempt(misdeed: Misdeed, folder: &Path) -> Result<()> {
        let path = CString::new(folder.as_os_str().as_bytes())?;
        let path = path.as_ptr() as i64;
        let cwd = i64::from(libc::AT_FDCWD);
        let parent =
            i64::from(rustix::process::getppid().map_or(1, |pid| pid.as_raw_nonzero().get()));
        let never = libc::timespec { tv_sec: 0, tv_nsec: -1 };
        let omit = [libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_OMIT }; 2];
        let (number, arguments) = match misdeed {
            Misdeed::SocketPair => (libc::SYS_socketpair, [-1, 0, 0, 0, 0]),
            Misdeed::Owner => (libc::SYS_fchownat, [cwd, path, -1, -1, 0]),
            Misdeed::Times => (libc::SYS_utimensat, [cwd, path, omit.as_ptr() as i64, 0, 0]),
            Misdeed::Attributes => {
                (libc::SYS_removexattr, [path, c"user.covid-ct-misdeed".as_ptr() as i64, 0, 0, 0])
            }
            Misdeed::Link => (libc::SYS_linkat, [cwd, path, cwd, path, 0]),
            Misdeed::LimitsOfOthers => {
                (libc::SYS_prlimit64, [parent, libc::RLIMIT_NOFILE.into(), 0, 0, 0])
            }
            Misdeed::Priority => (libc::SYS_setpriority, [-1, 0, 0, 0, 0]),
            Misdeed::Signal => (libc::SYS_kill, [parent, 0, 0, 0, 0]),
            Misdeed::MemoryOfOthers => (libc::SYS_process_vm_readv, [parent, 0, 0, 0, 0]),
            Misdeed::Trace => (libc::SYS_ptrace, [libc::PTRACE_PEEKDATA.into(), 0, 0, 0, 0]),
            Misdeed::SharedMemory => (libc::SYS_shmget, [0, 0, 0, 0, 0]),
            Misdeed::ExecutableMemory => {
                (libc::SYS_mmap, [0, 0, i64::from(libc::PROT_READ | libc::PROT_EXEC), 0, -1])
            }
            Misdeed::Clock => (libc::SYS_clock_settime, [0, (&raw const never) as i64, 0, 0, 0]),
            Misdeed::Namespace => (libc::SYS_unshare, [0; 5]),
            Misdeed::Keys => (libc::SYS_keyctl, [-1, 0, 0, 0, 0]),
            Misdeed::Ring => (libc::SYS_io_uring_setup, [0; 5]),
            Misdeed::OtherAbi => (X32 | libc::SYS_getpid, [0; 5]),
            other => unreachable!("{other} is tried elsewhere"),
        };
        call(number, arguments)
    }

    /// The bit of the numbers of the x32 ABI.
    const X32: i64 = 0x4000_0000;

    /// The calls above change nothing with the arguments above, and point at what outlives them.
    #[allow(unsafe_code)]
    fn call(number: i64, [a, b, c, d, e]: [i64; 5]) -> Result<()> {
        // SAFETY: pointers among the arguments are of values that live until the call has returned, and are only read.
        let answer = unsafe { libc::syscall(number, a, b, c, d, e, 0) };
        if answer < 0 { Err(Error::last_os_error()) } else { Ok(()) }
    }
}
