//! Weights that Python's `torch.save` wrote of torchvision's DenseNet-121 give the same logits here, and
//! ours give the same there. Where python3 cannot import both, nothing is compared, and a line says so.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use tch::Tensor;

use crate::device::Place;
use crate::{Model, weights};
use covid_ct::model::Network;

const NETWORK: Network = Network::DenseNet121;

/// Random weights, and running statistics that are not those of a new network, saved in both formats;
/// two pictures and their logits.
const SAVE: &str = "\
import sys, torch, torchvision
from array import array
folder = sys.argv[1]
torch.manual_seed(1)
net = torchvision.models.densenet121(weights=None, num_classes=2)
for name, buffer in net.named_buffers():
    if name.endswith('running_mean'): buffer.normal_(0, 0.1)
    if name.endswith('running_var'): buffer.uniform_(0.5, 1.5)
net.eval()
pictures = torch.rand(2, 3, 64, 64)
state = net.state_dict()
torch.save({'epoch': 3, 'state_dict': {'module.' + k: v for k, v in state.items()}}, folder + '/new.pth.tar')
torch.save(state, folder + '/old.pth', _use_new_zipfile_serialization=False)
with torch.no_grad():
    for name, values in ('pictures', pictures), ('logits', net(pictures)):
        array('f', values.flatten().tolist()).tofile(open(f'{folder}/{name}', 'wb'))
";

/// What torchvision makes of our file: its logits, and the names that are missing or unknown there.
const LOAD: &str = "\
import json, sys, torch, torchvision
from array import array
folder = sys.argv[1]
data = open(folder + '/ours.safetensors', 'rb').read()
size = int.from_bytes(data[:8], 'little')
state = {}
for name, told in json.loads(data[8:8 + size]).items():
    if name == '__metadata__': continue
    start, end = (8 + size + at for at in told['data_offsets'])
    state[name] = torch.frombuffer(bytearray(data[start:end]), dtype=torch.float32).view(told['shape'])
net = torchvision.models.densenet121(weights=None, num_classes=2).eval()
found = net.load_state_dict(state, strict=False)
print([name for name in found.missing_keys if 'num_batches_tracked' not in name] + found.unexpected_keys)
pictures = array('f')
pictures.frombytes(open(folder + '/pictures', 'rb').read())
with torch.no_grad():
    logits = net(torch.tensor(pictures).view(2, 3, 64, 64))
    array('f', logits.flatten().tolist()).tofile(open(folder + '/again', 'wb'))
";

fn python(script: &str, folder: &Path) -> Option<Output> {
    Command::new("python3").args(["-c", script]).arg(folder).output().ok()
}

fn numbers(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("numbers");
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn assert_close(ours: &[f32], theirs: &[f32], what: &str) {
    assert_eq!(ours.len(), theirs.len());
    let off = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 1e-4, "{what}: off by {off}: {ours:?} for {theirs:?}");
}

#[test]
fn torchvisions_weights_give_the_same_logits_here_and_there() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let folder = folder.path();
    let has_both = python("import torch, torchvision", folder);
    if !has_both.is_some_and(|output| output.status.success()) {
        // Not `println!`, which is shown of failed tests alone.
        let why = "skipped: no python3 that can import torch and torchvision";
        writeln!(std::io::stderr(), "{why}").expect("stderr");
        return;
    }
    let saved = python(SAVE, folder).expect("python");
    assert!(saved.status.success(), "{}", String::from_utf8_lossy(&saved.stderr));
    let logits = numbers(&folder.join("logits"));
    let pictures = Tensor::from_slice(&numbers(&folder.join("pictures"))).view([2, 3, 64, 64]);
    let mut model = Model::new(NETWORK, Place::CPU);
    for file in ["new.pth.tar", "old.pth"] {
        weights::load_whole(&mut model.variables, NETWORK, &folder.join(file)).expect(file);
        let ours = tch::no_grad(|| model.network.forward(&pictures, false));
        let ours: Vec<f32> = Vec::try_from(ours.flatten(0, -1)).expect("logits");
        assert_close(&ours, &logits, file);
    }
    weights::save(&model.variables, &folder.join("ours.safetensors")).expect("saved");
    let output = python(LOAD, folder).expect("python");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.trim(), "[]", "missing or unknown there");
    assert_close(&numbers(&folder.join("again")), &logits, "our file in torchvision");
}
