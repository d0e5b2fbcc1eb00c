//! The worker process and the pool that supervises it.
