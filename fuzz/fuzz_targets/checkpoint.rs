//! Weights as `torch.save` writes them, in a zip or a stream of pickles.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(weights) = covid_ct::model::checkpoint::read(data) {
        for (name, array) in weights {
            let numbers: usize = array.shape.iter().product();
            assert_eq!(numbers, array.values.len(), "{name}");
        }
    }
});
