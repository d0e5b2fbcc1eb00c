//! Manifest, preprint servers, downloads.
