//! A sample corpus for machines that hold no PDFs.
