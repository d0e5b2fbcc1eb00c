//! Classification metrics; knows no tch.
