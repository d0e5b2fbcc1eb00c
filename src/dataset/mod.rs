//! Splits, exports, and the published dataset as input.
