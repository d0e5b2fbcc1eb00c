//! What a worker gives up before it parses its first byte, so that a document that takes it over gets
//! little: no file but the documents' folders and the object store, no network, no other program.
//!
//! The parts that the system lacks are left out; [`Isolation`] says what is in force.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// Limits of memory, size of files and number of open files; no core file.
    pub limits: bool,
    /// Landlock: no file but the documents' folders and the object store.
    pub files: bool,
    /// seccomp: no call of the system but those that reading documents takes.
    pub calls: bool,
    /// What no document needs, each tried once all that is in force.
    pub tried: Vec<Trial>,
}

/// A misdeed that was tried, and whether the system refused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub misdeed: String,
    pub refused: bool,
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
/// There is no limit of processes, as that one counts all of the user's; seccomp refuses new ones, and threads. That
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
    Ok(Isolation { limits: true, files, calls, tried: Vec::new() })
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

    /// Whether all is refused now, by seccomp, but the calls that reading and drawing documents takes. Numbers of the
    /// x32 ABI are others, so they are refused too.
    pub fn limit_calls() -> std::io::Result<bool> {
        let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(false) };
        let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let allowed = allowed().map_err(std::io::Error::other)?;
        let filter = SeccompFilter::new(allowed, refuse, SeccompAction::Allow, arch);
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

    fn allowed() -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            ALLOWED.iter().chain(OF_OLD).map(|&call| (call, Vec::new())).collect();
        let only = |argument, length, operator, value| {
            let condition = SeccompCondition::new(argument, length, operator, value)?;
            Ok::<_, BackendError>(vec![SeccompRule::new(vec![condition])?])
        };
        // Memory, but none that is executed.
        let executable = SeccompCmpOp::MaskedEq(libc::PROT_EXEC.unsigned_abs().into());
        for call in [libc::SYS_mmap, libc::SYS_mprotect] {
            rules.insert(call, only(2, SeccompCmpArgLen::Dword, executable.clone(), 0)?);
        }
        // Its own limits, which are lowered for each document.
        let own = only(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, 0)?;
        rules.insert(libc::SYS_prlimit64, own);
        // What `abort` sends to itself.
        let myself = std::process::id().into();
        let to_itself = only(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, myself)?;
        rules.insert(libc::SYS_tgkill, to_itself);
        // Flags of what is open are read, not set: F_SETOWN sends signals to others.
        let mut flags = only(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::F_GETFD as u64)?;
        flags.extend(only(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::F_GETFL as u64)?);
        rules.insert(libc::SYS_fcntl, flags);
        Ok(rules)
    }

    /// What reading and drawing took of 129 papers and faulty files, and what the allocator, a panic and an `abort` may
    /// take besides. Threads are not among it.
    const ALLOWED: &[i64] = &[
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_lseek,
        libc::SYS_close,
        libc::SYS_openat,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_mkdirat,
        #[cfg(not(target_arch = "riscv64"))]
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_unlinkat,
        libc::SYS_fsync,
        libc::SYS_fdatasync,
        libc::SYS_ftruncate,
        libc::SYS_getcwd,
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_sysinfo,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];

    /// The same by the names that newer processors have no more.
    #[cfg(target_arch = "x86_64")]
    const OF_OLD: &[i64] = &[
        libc::SYS_open,
        libc::SYS_stat,
        libc::SYS_lstat,
        libc::SYS_mkdir,
        libc::SYS_rename,
        libc::SYS_unlink,
        libc::SYS_time,
    ];
    #[cfg(not(target_arch = "x86_64"))]
    const OF_OLD: &[i64] = &[];
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
