//! Weights that Python's `torch.save` wrote, in both of its formats: the zip of `PyTorch` 1.6 and later,
//! and the stream of pickles before it. Knows no tch, and runs nothing that a file says.

mod names;
mod numbers;
mod pickle;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read as _};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

pub use names::{NameClash, torchvision_names};
use pickle::{Pickle, Value};

/// A weight: numbers in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// Weights by the names they have in the file.
pub type Weights = BTreeMap<String, Array>;

/// The bytes of storages by key.
type Stored<'a> = HashMap<&'a str, Cow<'a, [u8]>>;

type Result<T> = std::result::Result<T, String>;

/// Bytes of a file. `DenseNet201` with its optimiser has 240 MB.
const LARGEST_FILE: u64 = 4 << 30;
/// Numbers in all weights of a file together: `DenseNet201` has 20 million.
const MOST_NUMBERS: usize = 1 << 27;
/// Protocol 2, then a long integer of ten bytes: the magic number. As the length that a `.safetensors` file
/// begins with it would be 176 MB of names.
const LEGACY_START: [u8; 4] = [0x80, 2, 0x8a, 10];
/// `torch.serialization.MAGIC_NUMBER`, as the pickle reader shows it.
const LEGACY_MAGIC: &str = "1950a86a20f9469cfc6c";
/// Where training scripts keep the state dict in their checkpoints.
const HOLDERS: [&str; 6] =
    ["state_dict", "model_state_dict", "model_state", "model", "net", "network"];
/// Modules within modules of a whole saved network, and modules in all: a `DenseNet201` has under 800.
const DEEPEST: usize = 32;
const MOST_MODULES: usize = 10_000;
/// Names that tensors are found under: a `DenseNet201` has 1,200. What is beyond is missed where it is wanted.
const MOST_TENSORS: usize = 100_000;

/// Whether a file begins as `torch.save` begins one, zip or pickle.
///
/// # Errors
/// When it cannot be read.
pub fn is_torch_file(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start.starts_with(b"PK\x03\x04") || start == LEGACY_START)
}

/// Reads a file's weights: those of a state dict, of a checkpoint that holds one under a usual name, or
/// of a whole network. Numbers of all widths become single precision.
///
/// # Errors
/// What keeps it from being read, in words, without the file's name.
pub fn read_file(path: &Path) -> Result<Weights> {
    let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if size > LARGEST_FILE {
        return Err(format!("it has {size} bytes; weights of a DenseNet are far smaller"));
    }
    read(&std::fs::read(path).map_err(|e| e.to_string())?)
}

/// As [`read_file`], of bytes.
///
/// # Errors
/// As there.
pub fn read(bytes: &[u8]) -> Result<Weights> {
    if bytes.starts_with(b"PK\x03\x04") { read_zip(bytes) } else { read_legacy(bytes) }
}

fn read_zip(bytes: &[u8]) -> Result<Weights> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let root = archive
        .file_names()
        .find_map(|name| Some(name.ok()?.strip_suffix("data.pkl")?.to_owned()))
        .ok_or("it is a zip without a data.pkl: not what torch.save writes")?;
    if member(&mut archive, &format!("{root}byteorder")).is_ok_and(|order| order != b"little") {
        return Err("its numbers are big-endian: save it again on a usual machine".into());
    }
    let data = member(&mut archive, &format!("{root}data.pkl"))?;
    let (value, held, _) = pickle::read(&data)?;
    let mut stored = Stored::new();
    let mut size = 0_usize;
    for storage in &held.storages {
        if stored.contains_key(&*storage.key) {
            continue;
        }
        let numbers = member(&mut archive, &format!("{root}data/{}", storage.key))?;
        size += numbers.len();
        if size > bytes.len() {
            return Err("its members overlap: no zip of torch.save's".into());
        }
        stored.insert(&storage.key, numbers.into());
    }
    gather(&value, &held, &stored)
}

/// A file of the zip, which `torch.save` stores uncompressed: nothing can unfold to more than is there.
fn member(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>> {
    let file = archive.by_name(name).map_err(|e| format!("{name}: {e}"))?;
    if file.compression() != CompressionMethod::Stored {
        return Err(format!("{name} is compressed, which torch.save does not do"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE).read_to_end(&mut bytes).map_err(|e| format!("{name}: {e}"))?;
    Ok(bytes)
}

/// Pickles of the magic number, the protocol, the machine, the object and the storages' keys; then each
/// storage as its count of numbers and the numbers.
fn read_legacy(bytes: &[u8]) -> Result<Weights> {
    let (magic, _, rest) = pickle::read(bytes)?;
    if !matches!(&magic, Value::Text(text) if **text == *LEGACY_MAGIC) {
        return Err("it is a pickle, but not one that torch.save writes".into());
    }
    let (_protocol, _, rest) = pickle::read(rest)?;
    let (machine, known, rest) = pickle::read(rest)?;
    if known.get(&machine, "little_endian") == Some(&Value::Int(0)) {
        return Err("its numbers are big-endian: save it again on a usual machine".into());
    }
    let (value, held, rest) = pickle::read(rest)?;
    let (keys, listed, mut rest) = pickle::read(rest)?;
    let mut widths = HashMap::new();
    for storage in &held.storages {
        widths.insert(&*storage.key, numbers::width(&storage.class)?);
    }
    let cut = || "it ends within the numbers: copy or download it again".to_owned();
    let mut stored = Stored::new();
    for key in listed.sequence(&keys).unwrap_or_default() {
        let Value::Text(key) = key else { return Err("its list of storages is damaged".into()) };
        let width = widths.get(&**key).ok_or("its list of storages is damaged")?;
        let (count, after) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
        let size =
            usize::try_from(u64::from_le_bytes(*count)).ok().and_then(|n| n.checked_mul(*width));
        let (numbers, after) =
            size.and_then(|size| after.split_at_checked(size)).ok_or_else(cut)?;
        stored.insert(key, numbers.into());
        rest = after;
    }
    gather(&value, &held, &stored)
}

/// The weights that a value holds.
fn gather(value: &Value, held: &Pickle, stored: &Stored) -> Result<Weights> {
    let mut walk = Walk { held, found: BTreeMap::new(), left: MOST_MODULES };
    walk.network(value);
    for holder in HOLDERS.iter().filter_map(|name| held.get(value, name)) {
        if walk.found.is_empty() {
            walk.network(holder);
        }
    }
    if walk.found.is_empty() {
        let holders = HOLDERS.join(", ");
        return Err(format!("it holds no state dict, neither itself nor under one of: {holders}"));
    }
    let mut weights = Weights::new();
    let mut left = MOST_NUMBERS;
    for (name, index) in walk.found {
        let tensor = &held.tensors[index];
        let storage = &held.storages[tensor.storage];
        let bytes = stored.get(&*storage.key);
        let bytes = bytes.ok_or_else(|| format!("the numbers of {name} are missing"))?;
        let values =
            numbers::read(tensor, storage, bytes, left).map_err(|e| format!("{name}: {e}"))?;
        left -= values.len();
        weights.insert(name, Array { shape: tensor.shape.clone(), values });
    }
    Ok(weights)
}

/// Collects the tensors of a state dict or of a whole network, as indices.
struct Walk<'a> {
    held: &'a Pickle,
    found: BTreeMap<String, usize>,
    /// Modules that may still be entered: one that stands in many places is entered in each.
    left: usize,
}

impl Walk<'_> {
    fn network(&mut self, value: &Value) {
        if self.held.get(value, "_modules").is_some() {
            self.module(value, "", DEEPEST);
        } else {
            self.tensors(value, "");
        }
    }

    fn tensors(&mut self, dict: &Value, prefix: &str) {
        for (key, value) in self.held.dict(dict).unwrap_or_default() {
            if self.found.len() == MOST_TENSORS {
                return;
            }
            if let (Value::Text(name), Value::Tensor(index)) = (key, value) {
                self.found.insert(format!("{prefix}{name}"), *index);
            }
        }
    }

    /// As `Module.state_dict` goes. What lies too deep, or within itself, is left out.
    fn module(&mut self, module: &Value, prefix: &str, depth: usize) {
        if depth == 0 || self.left == 0 {
            return;
        }
        self.left -= 1;
        let held = self.held;
        for part in ["_parameters", "_buffers"].iter().filter_map(|part| held.get(module, part)) {
            self.tensors(part, prefix);
        }
        let inner = held.get(module, "_modules").and_then(|inner| held.dict(inner));
        for (key, value) in inner.unwrap_or_default() {
            if let Value::Text(name) = key {
                self.module(value, &format!("{prefix}{name}."), depth - 1);
            }
        }
    }
}
