//! Work on the threads that libtorch's own operations run on. These wait for what comes next without giving
//! up their processors: threads of our own would wait for a processor after every convolution.

use std::ffi::{c_uint, c_void};
use std::sync::{LazyLock, Mutex, PoisonError};

use libloading::os::unix::Library;

/// Does the work on each of the items, in whatever order, on as many threads as libtorch uses where it is called.
pub fn for_each<T: Send>(items: impl ExactSizeIterator<Item = T> + Send, work: impl Fn(T) + Sync) {
    if items.len() < 2 {
        items.for_each(work);
        return;
    }
    let queue = Mutex::new(items);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    on_each_thread(&|| {
        while let Some(item) = next() {
            work(item);
        }
    });
}

/// `GOMP_parallel` of the OpenMP that libtorch brings, or of any that can stand in for GNU's: calls the function
/// with its argument on each of so many threads (0: as many as are set), and waits for them.
type Parallel =
    unsafe extern "C" fn(extern "C" fn(*mut c_void), *mut c_void, threads: c_uint, flags: c_uint);

type Work<'a> = &'a (dyn Fn() + Sync);

fn on_each_thread(work: Work<'_>) {
    let Some(parallel) = *OPENMP else {
        rayon::broadcast(|_| work());
        return;
    };
    let argument: *const Work<'_> = &raw const work;
    #[expect(unsafe_code, reason = "libtorch lends its threads to C only")]
    // SAFETY: the function is called as its documentation has it; what the argument points to may be shared
    // among threads, and is only read.
    unsafe {
        parallel(call, argument.cast_mut().cast(), 0, 0);
    }
}

/// Does the work that it points to. A panic in it ends the process: it cannot pass through OpenMP.
extern "C" fn call(work: *mut c_void) {
    #[expect(unsafe_code, reason = "the way an argument comes through C")]
    // SAFETY: points to the `work` of [`on_each_thread`], which outlives the call, since OpenMP waits for all of
    // its threads.
    let work: &Work<'_> = unsafe { &*work.cast_const().cast() };
    work();
}

static OPENMP: LazyLock<Option<Parallel>> = LazyLock::new(|| {
    #[expect(
        unsafe_code,
        reason = "libtorch is built with OpenMP or without, which linking cannot ask"
    )]
    // SAFETY: the type is the one that GNU's OpenMP documents; the library is never unloaded, since libtorch
    // is linked with it.
    unsafe {
        Library::this().get(b"GOMP_parallel\0").ok().map(|found| *found)
    }
});

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn every_item_is_worked_on_once() {
        for count in [0, 1, 2, 1000] {
            let mut seen = vec![0_u32; count];
            for_each(seen.iter_mut(), |seen| *seen += 1);
            assert_eq!(seen, vec![1; count]);
        }
    }

    /// Each of two items waits for the other.
    #[test]
    fn there_are_as_many_threads_as_libtorch_has() {
        assert!(OPENMP.is_some(), "libtorch's OpenMP");
        std::thread::spawn(|| {
            tch::set_num_threads(2);
            let both = Barrier::new(2);
            for_each(0..2, |_| {
                both.wait();
            });
        })
        .join()
        .expect("no panic");
    }
}
