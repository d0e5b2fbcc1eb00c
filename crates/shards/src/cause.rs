//! Why documents failed, in a few words that can be counted.

use covid_ct_core::string_enum;

string_enum! {
    /// Why a document failed.
    pub enum Cause {
        /// Its bytes could not be had: no such file, no such object, no right to read it, a server that does not answer.
        Unreachable = "unreachable",
        /// It took longer than a document may.
        Time = "time",
        /// It took more memory than a worker may use.
        Memory = "memory",
        /// It has more pages, objects, content or operations than a document may.
        Limit = "limit",
        /// The reader crashed of it.
        Crash = "crash",
        /// The reader asked the system for what no document needs.
        Attack = "attack",
        /// The reader's answer made no sense.
        Answer = "answer",
        /// It is encrypted.
        Encrypted = "encrypted",
        /// It is damaged, or no PDF.
        Unreadable = "unreadable",
    }
}

impl Cause {
    /// By the words of what was told of a document that was read: those of the worker's pool and of the reader.
    pub fn of(error: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| error.contains(word));
        // What a worker died of first: it may name several.
        if error.starts_with("took longer than") || has(&["s of processor time"]) {
            Self::Time
        } else if has(&["asked the system for what no document needs"]) {
            Self::Attack
        } else if error.starts_with("the reader died of it") {
            if has(&["a fault in the PDF library", "a defect of covid-ct"]) {
                Self::Crash
            } else if has(&["memory", "raise --memory"]) {
                Self::Memory
            } else {
                Self::Crash
            }
        } else if error.starts_with("the reader gave an answer that makes no sense") {
            Self::Answer
        } else if has(&["--max-", "compression bomb"]) {
            Self::Limit
        } else if has(&["alloc ("]) && has(&["failed"]) {
            // MuPDF got none.
            Self::Memory
        } else if has(&["encrypted", "password"]) {
            Self::Encrypted
        } else if has(&[
            "cannot be read: ",
            "no worker process could be started",
            "changed while it was read",
        ]) {
            Self::Unreachable
        } else {
            Self::Unreadable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_apart_by_what_is_told() {
        for (error, cause) in [
            ("took longer than 120 s: raise --timeout, or leave it out", Cause::Time),
            (
                "the reader died of it: signal 24: more than 120 s of processor time (raise --timeout)",
                Cause::Time,
            ),
            (
                "the reader died of it: signal 6: the memory limit of 4096 MiB reached (raise --memory), or a fault that the PDF library noticed",
                Cause::Memory,
            ),
            (
                "the reader died of it: signal 11: a fault in the PDF library, or the memory limit of 4096 MiB reached (raise --memory)",
                Cause::Crash,
            ),
            (
                "the reader died of it: signal 31: it asked the system for what no document needs: the document may be an attack",
                Cause::Attack,
            ),
            (
                "the reader died of it: exit code 101: a defect of covid-ct, please report it with the document",
                Cause::Crash,
            ),
            (
                "the reader gave an answer that makes no sense: it is about other bytes",
                Cause::Answer,
            ),
            ("page 3: more than 20000000 operations (raise --max-operations)", Cause::Limit),
            ("cannot be read: No such file or directory (os error 2)", Cause::Unreachable),
            ("it is encrypted: remove its password first", Cause::Encrypted),
            (
                "page 1: reading its text failed: MuPDF error, code: 2, message: calloc (4104 x 1 bytes) failed (1 of 1 pages unreadable)",
                Cause::Memory,
            ),
            ("no objects found", Cause::Unreadable),
        ] {
            assert_eq!(Cause::of(error), cause, "{error}");
        }
    }
}
