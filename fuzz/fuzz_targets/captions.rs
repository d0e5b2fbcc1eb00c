#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| covid_ct::figures::read_arbitrary(data));
