//! What a worker gives up before it parses its first byte, so that a document that takes it over gets
//! little: no file but the documents' folders and the object store, no network, no other program.
//!
//! The parts that the system lacks are left out; [`Isolation`] says what is in force.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::pool::Options;

/// Folders that a worker may use beside the object store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Files in them, and below, may be read.
    pub readable: BTreeSet<PathBuf>,
    /// Files in them may be written too.
    pub writable: BTreeSet<PathBuf>,
}

impl Reach {
    /// The folder that really holds `document`, a link or not: access is judged by where a file lies.
    pub fn of_document(document: &Path) -> Self {
        Self { readable: folder_of(document).into_iter().collect(), ..Self::default() }
    }

    /// Lets the file `target` be written.
    pub fn write(&mut self, target: &Path) {
        self.writable.extend(folder_of(target));
    }

    /// Whether all that `other` lets be used may be used here.
    pub fn contains(&self, other: &Self) -> bool {
        let within = |folders: &BTreeSet<PathBuf>, folder: &PathBuf| {
            folder.ancestors().any(|above| folders.contains(above))
        };
        other.readable.iter().all(|folder| within(&self.readable, folder))
            && other.writable.iter().all(|folder| within(&self.writable, folder))
    }

    pub fn extend(&mut self, other: Self) {
        self.readable.extend(other.readable);
        self.writable.extend(other.writable);
        // They become arguments of a program, which the system does not take without end.
        if self.readable.len() > MOST_FOLDERS {
            self.readable = common_folder(&self.readable).into_iter().collect();
        }
    }

    /// The arguments that tell a worker.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &OsStr> {
        let named = |name: &'static str| {
            move |path| [OsStr::new(name), AsRef::<Path>::as_ref(path).as_os_str()]
        };
        let readable = self.readable.iter().flat_map(named("--readable"));
        readable.chain(self.writable.iter().flat_map(named("--writable")))
    }
}

/// Folders named one by one; of more, the deepest folder that holds all of them is.
const MOST_FOLDERS: usize = 1000;

fn common_folder(folders: &BTreeSet<PathBuf>) -> Option<PathBuf> {
    // In sorted order, what the first and the last share is shared by all.
    let (first, last) = (folders.first()?, folders.last()?);
    let shared = first.components().zip(last.components()).take_while(|(one, other)| one == other);
    Some(shared.map(|(one, _)| one).collect())
}

fn folder_of(file: &Path) -> Option<PathBuf> {
    let real = file.canonicalize().or_else(|_| std::path::absolute(file)).ok()?;
    real.parent().map(Path::to_owned)
}

/// What is in force in a worker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// Limits of memory, size of files and number of open files; no core file.
    pub limits: bool,
    /// Landlock: no file but the documents' folders and the object store.
    pub files: bool,
    /// seccomp: no network, no other process.
    pub calls: bool,
}

/// Something that no document needs, tried by a worker to show that it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misdeed {
    /// Open a socket.
    Socket,
    /// Read a file that is no document.
    Open,
    /// Start another program.
    Fork,
    /// Compute without end.
    Spin,
}

impl Misdeed {
    /// Does it.
    ///
    /// # Errors
    /// When it is refused, as it should be.
    pub fn attempt(self) -> std::io::Result<()> {
        match self {
            Self::Socket => std::net::TcpListener::bind("127.0.0.1:0").map(drop),
            Self::Open => std::fs::read("/etc/passwd").map(drop),
            Self::Fork => Command::new("/bin/true").stdin(Stdio::null()).status().map(drop),
            Self::Spin => loop {
                std::hint::spin_loop();
            },
        }
    }
}

impl std::str::FromStr for Misdeed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "socket" => Ok(Self::Socket),
            "open" => Ok(Self::Open),
            "fork" => Ok(Self::Fork),
            "spin" => Ok(Self::Spin),
            other => Err(format!("expected socket, open, fork or spin, not '{other}'")),
        }
    }
}

/// Asks a worker, started as those that read documents are, what is in force in it.
///
/// # Errors
/// When none can be started, or its answer makes no sense.
pub fn probe(options: &Options) -> std::io::Result<Isolation> {
    let output = super::pool::command(options, &Reach::default())
        .arg("--probe")
        .stdin(Stdio::null())
        .output()
        .map_err(super::pool::advised)?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        std::io::Error::other(format!(
            "the worker says nothing of its isolation ({error}): {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ))
    })
}

/// Open files: the pipes, a document, an object or two. MuPDF and threads need few more.
const OPEN_FILES: u64 = 64;

/// Isolates this process, which must have but one thread: `memory` MiB of address space, and no files
/// but those in `objects` and within `reach`.
///
/// There is no limit of processes, as that one counts all of the user's; seccomp refuses new ones. That
/// of processor time is set for each document, by [`grant`].
///
/// # Errors
/// When the system refuses what it offers.
pub fn enter(memory: u64, objects: &Path, reach: &Reach) -> std::io::Result<Isolation> {
    limit(memory)?;
    #[cfg(target_os = "linux")]
    let (files, calls) = (linux::limit_files(objects, reach)?, linux::limit_calls()?);
    #[cfg(not(target_os = "linux"))]
    let (files, calls) = (false, false);
    Ok(Isolation { limits: true, files, calls })
}

fn limit(memory: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let bytes = memory.saturating_mul(1 << 20);
    // A file is written out of memory, so it is never larger.
    for (resource, most) in [
        (Resource::As, bytes),
        (Resource::Fsize, bytes),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Core, 0),
    ] {
        // What is limited more already stays so.
        let most = getrlimit(resource).maximum.map_or(most, |now| now.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Lets this process compute for `seconds` more, and a second: the parent's clock ends a worker that
/// takes too long, this one should the parent be stopped or too busy to.
///
/// # Errors
/// When the system refuses.
pub fn grant(seconds: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use rustix::time::{ClockId, clock_gettime};
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.unsigned_abs();
    let maximum = getrlimit(Resource::Cpu).maximum;
    let until = used.saturating_add(seconds).saturating_add(1);
    let current = Some(maximum.map_or(until, |most| most.min(until)));
    Ok(setrlimit(Resource::Cpu, Rlimit { current, maximum })?)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::path::Path;

    use landlock::{
        ABI, Access as _, AccessFs, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
        RulesetError, RulesetStatus, Scope, path_beneath_rules,
    };
    use seccompiler::{
        BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
        SeccompFilter, SeccompRule, TargetArch,
    };

    use super::Reach;

    /// Newest rules asked for; an older kernel enforces those it knows.
    const RULES: ABI = ABI::V6;

    /// Whether files are out of reach now, by Landlock; it also sets `no_new_privs`.
    pub fn limit_files(objects: &Path, reach: &Reach) -> std::io::Result<bool> {
        let restrict = || -> Result<RulesetStatus, RulesetError> {
            let write = AccessFs::ReadFile
                | AccessFs::ReadDir
                | AccessFs::WriteFile
                | AccessFs::Truncate
                | AccessFs::RemoveFile
                | AccessFs::MakeReg
                | AccessFs::MakeDir;
            let status = Ruleset::default()
                .handle_access(AccessFs::from_all(RULES))?
                .scope(Scope::from_all(RULES))?
                .create()?
                .add_rules(path_beneath_rules(&reach.readable, AccessFs::ReadFile))?
                .add_rules(path_beneath_rules(&reach.writable, write))?
                .add_rules(path_beneath_rules([objects], write))?
                .restrict_self()?;
            Ok(status.ruleset)
        };
        let status = restrict().map_err(std::io::Error::other)?;
        Ok(status != RulesetStatus::NotEnforced)
    }

    /// Whether what no reader of documents calls is refused now, by seccomp. All else is let through,
    /// so that MuPDF and the allocator may do as they like.
    pub fn limit_calls() -> std::io::Result<bool> {
        let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(false) };
        // Told that there is no `clone3`, the C library uses `clone`, whose arguments a filter sees.
        let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
        Ok(install(refused().map_err(std::io::Error::other)?, libc::EPERM, arch)?
            && install(clone3, libc::ENOSYS, arch)?)
    }

    fn install(
        rules: BTreeMap<i64, Vec<SeccompRule>>,
        error: i32,
        arch: TargetArch,
    ) -> std::io::Result<bool> {
        let refuse = SeccompAction::Errno(error.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch);
        let program: BpfProgram =
            filter.and_then(TryInto::try_into).map_err(std::io::Error::other)?;
        match seccompiler::apply_filter(&program) {
            Ok(()) => Ok(true),
            // A kernel without it.
            Err(seccompiler::Error::Seccomp(error))
                if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) =>
            {
                Ok(false)
            }
            Err(error) => Err(std::io::Error::other(error)),
        }
    }

    /// What is refused: the network, other programs and processes, and what changes the system.
    fn refused() -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            REFUSED.iter().map(|&call| (call, Vec::new())).collect();
        #[cfg(target_arch = "x86_64")]
        rules.extend([libc::SYS_fork, libc::SYS_vfork].map(|call| (call, Vec::new())));
        // `clone` makes processes and threads; only threads may be.
        let thread = libc::CLONE_THREAD as u64;
        let no_thread =
            SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(thread), 0)?;
        rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![no_thread])?]);
        Ok(rules)
    }

    const REFUSED: [i64; 41] = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_pidfd_send_signal,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_kcmp,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_chroot,
        libc::SYS_pivot_root,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_open_by_handle_at,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_kexec_load,
        libc::SYS_reboot,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_folders_become_the_one_that_holds_them() {
        let mut reach = Reach::default();
        for index in 0..=MOST_FOLDERS {
            let readable = BTreeSet::from([format!("/papers/a{index}/pdf").into()]);
            reach.extend(Reach { readable, writable: BTreeSet::new() });
        }
        assert_eq!(reach.readable, BTreeSet::from([PathBuf::from("/papers")]));
        let within = |path: &str| Reach {
            readable: BTreeSet::from([path.into()]),
            writable: BTreeSet::new(),
        };
        assert!(reach.contains(&within("/papers/a7")) && !reach.contains(&within("/paper")));
    }
}
