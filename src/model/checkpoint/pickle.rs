//! The part of Python's pickle that `torch.save` writes, read as data: nothing that a pickle names is
//! ever called. What is neither a container nor a tensor becomes an empty object.
//!
//! Opcodes: Python's `Lib/pickletools.py`. What the names mean: `torch/_utils.py`.

use std::collections::HashMap;
use std::rc::Rc;

/// Values a pickle may make. A training checkpoint of a `DenseNet` makes some ten thousand.
const MOST_VALUES: usize = 4_000_000;
/// Bytes of a module's and a class's or function's name together.
const LONGEST_NAME: usize = 256;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Nothing,
    Int(i64),
    Text(Rc<str>),
    /// `module name`
    Global(Rc<str>),
    /// Indices into [`Pickle`]'s lists. Nothing is nested in memory, so that no depth of nesting, and
    /// no object within itself, can exhaust the stack.
    Sequence(usize),
    /// An `OrderedDict`, a dict, or an object with its attributes.
    Dict(usize),
    Storage(usize),
    Tensor(usize),
}

/// Numbers that tensors look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    pub key: Rc<str>,
    /// Such as `FloatStorage`.
    pub class: Rc<str>,
    /// Numbers in it, as the pickle says.
    pub count: usize,
    /// Where it begins in the stored one, in numbers; only files before `PyTorch` 0.4 have it.
    pub start: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    pub storage: usize,
    /// In numbers.
    pub offset: usize,
    pub shape: Vec<usize>,
    /// In numbers, one a dimension.
    pub strides: Vec<usize>,
}

/// What one pickle held.
#[derive(Debug, Default)]
pub struct Pickle {
    pub sequences: Vec<Vec<Value>>,
    pub dicts: Vec<Vec<(Value, Value)>>,
    pub storages: Vec<Storage>,
    pub tensors: Vec<Tensor>,
    made: usize,
}

struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Value>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    held: Pickle,
}

type Result<T> = std::result::Result<T, String>;

/// Reads the pickle that `bytes` begin with; returns its value and what follows it.
///
/// # Errors
/// What is damaged, too large, or no opcode that `torch.save` writes.
pub fn read(bytes: &[u8]) -> Result<(Value, Pickle, &[u8])> {
    let mut machine = Machine {
        rest: bytes,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        held: Pickle::default(),
    };
    loop {
        let [opcode] = machine.bytes()?;
        if opcode == b'.' {
            let value = machine.pop()?;
            return Ok((value, machine.held, machine.rest));
        }
        machine.step(opcode)?;
        if machine.held.made + machine.stack.len() + machine.marks.len() > MOST_VALUES {
            return Err(format!("its pickle makes more than {MOST_VALUES} values"));
        }
    }
}

impl Pickle {
    pub fn dict(&self, value: &Value) -> Option<&[(Value, Value)]> {
        match value {
            Value::Dict(index) => self.dicts.get(*index).map(Vec::as_slice),
            _ => None,
        }
    }

    pub fn sequence(&self, value: &Value) -> Option<&[Value]> {
        match value {
            Value::Sequence(index) => self.sequences.get(*index).map(Vec::as_slice),
            _ => None,
        }
    }

    /// What a dict holds under a text.
    pub fn get(&self, dict: &Value, key: &str) -> Option<&Value> {
        let entries = self.dict(dict)?;
        // Python keeps the last of equal keys.
        entries
            .iter()
            .rev()
            .find(|(found, _)| matches!(found, Value::Text(t) if **t == *key))
            .map(|(_, value)| value)
    }

    fn add_sequence(&mut self, items: Vec<Value>) -> Value {
        self.made += items.len() + 1;
        self.sequences.push(items);
        Value::Sequence(self.sequences.len() - 1)
    }

    fn add_dict(&mut self, items: &[Value]) -> Result<Value> {
        self.dicts.push(Vec::new());
        let dict = Value::Dict(self.dicts.len() - 1);
        self.extend_dict(&dict, items)?;
        Ok(dict)
    }

    /// Adds keys and values by turns.
    fn extend_dict(&mut self, dict: &Value, items: &[Value]) -> Result<()> {
        let Value::Dict(index) = dict else { return Err(damaged("items for what is no dict")) };
        self.made += items.len() + 1;
        let pairs = items.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        self.dicts[*index].extend(pairs);
        Ok(())
    }
}

fn damaged(what: &str) -> String {
    format!("its pickle is damaged: {what}")
}

/// What a pickle names of Python's. It may name it a hundred thousand times, so it must not be long.
fn global(module: &str, name: &str) -> Result<Value> {
    if module.len() + name.len() > LONGEST_NAME {
        return Err(damaged("a name longer than any"));
    }
    Ok(Value::Global(format!("{module} {name}").into()))
}

impl<'a> Machine<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or_else(|| damaged("it ends too soon"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn length4(&mut self) -> Result<usize> {
        Ok(u32::from_le_bytes(self.bytes()?) as usize)
    }

    fn length1(&mut self) -> Result<usize> {
        let [length] = self.bytes()?;
        Ok(usize::from(length))
    }

    fn length8(&mut self) -> Result<usize> {
        usize::try_from(u64::from_le_bytes(self.bytes()?)).map_err(|_| damaged("a length"))
    }

    fn line(&mut self) -> Result<&'a str> {
        let end = self.rest.iter().position(|&b| b == b'\n').ok_or_else(|| damaged("a line"))?;
        let line = self.take(end + 1)?;
        std::str::from_utf8(&line[..end]).map_err(|_| damaged("a name"))
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// Not below the mark: what is there belongs to another container.
    fn pop(&mut self) -> Result<Value> {
        if self.marks.last().is_some_and(|&mark| self.stack.len() <= mark) {
            return Err(damaged("an empty stack"));
        }
        self.stack.pop().ok_or_else(|| damaged("an empty stack"))
    }

    fn top(&self) -> Result<Value> {
        self.stack.last().cloned().ok_or_else(|| damaged("an empty stack"))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.marks.pop().ok_or_else(|| damaged("no mark"))?;
        // A pop never goes below a mark.
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn text(&mut self, length: usize) -> Result<()> {
        let bytes = self.take(length)?;
        self.push(Value::Text(String::from_utf8_lossy(bytes).into()));
        Ok(())
    }

    fn remember(&mut self, key: u32) -> Result<()> {
        let value = self.top()?;
        self.held.made += 1;
        self.memo.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, key: u32) -> Result<()> {
        let value = self.memo.get(&key).cloned().ok_or_else(|| damaged("an unknown memo"))?;
        self.push(value);
        Ok(())
    }

    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            b'2' => self.push(self.top()?),
            b'q' | b'h' => {
                let key = self.length1()? as u32;
                if opcode == b'q' { self.remember(key)? } else { self.recall(key)? }
            }
            b'r' | b'j' => {
                let key = u32::from_le_bytes(self.bytes()?);
                if opcode == b'r' { self.remember(key)? } else { self.recall(key)? }
            }
            0x94 => self.remember(self.memo.len() as u32)?,
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(global(module, name)?);
            }
            0x93 => {
                let (Value::Text(name), Value::Text(module)) = (self.pop()?, self.pop()?) else {
                    return Err(damaged("a name that is no text"));
                };
                self.push(global(&module, &name)?);
            }
            b'Q' => self.persistent()?,
            b'R' | 0x81 => self.reduce()?,
            b'b' => self.build()?,
            _ => return self.literal(opcode),
        }
        Ok(())
    }

    fn literal(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            b'N' => self.push(Value::Nothing),
            0x88 | 0x89 => self.push(Value::Int(i64::from(opcode == 0x88))),
            b'K' => {
                let value = self.length1()?;
                self.push(Value::Int(value as i64));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.bytes()?);
                self.push(Value::Int(value.into()));
            }
            b'J' => {
                let value = i32::from_le_bytes(self.bytes()?);
                self.push(Value::Int(value.into()));
            }
            0x8a => {
                let length = self.length1()?;
                let bytes = self.take(length)?;
                self.push(long(bytes));
            }
            b'G' => {
                self.take(8)?;
                self.push(Value::Nothing);
            }
            b'U' | 0x8c | b'C' => {
                let length = self.length1()?;
                self.text(length)?;
            }
            b'X' | b'T' | b'B' => {
                let length = self.length4()?;
                self.text(length)?;
            }
            0x8d | 0x8e => {
                let length = self.length8()?;
                self.text(length)?;
            }
            _ => return self.container(opcode),
        }
        Ok(())
    }

    fn container(&mut self, opcode: u8) -> Result<()> {
        let made = match opcode {
            b')' | b']' | 0x8f => self.held.add_sequence(Vec::new()),
            b'}' => self.held.add_dict(&[])?,
            b't' | b'l' => {
                let items = self.pop_to_mark()?;
                self.held.add_sequence(items)
            }
            0x85..=0x87 => {
                let mut items = Vec::new();
                for _ in 0..=(opcode - 0x85) {
                    items.push(self.pop()?);
                }
                items.reverse();
                self.held.add_sequence(items)
            }
            b'd' => {
                let items = self.pop_to_mark()?;
                self.held.add_dict(&items)?
            }
            b'a' | b'e' | 0x90 => {
                let items = if opcode == b'a' { vec![self.pop()?] } else { self.pop_to_mark()? };
                let Value::Sequence(index) = self.top()? else {
                    return Err(damaged("items for what is no list"));
                };
                self.held.made += items.len();
                self.held.sequences[index].extend(items);
                return Ok(());
            }
            b's' | b'u' => {
                let items = if opcode == b's' {
                    let value = self.pop()?;
                    vec![self.pop()?, value]
                } else {
                    self.pop_to_mark()?
                };
                let dict = self.top()?;
                return self.held.extend_dict(&dict, &items);
            }
            _ => {
                return Err(format!(
                    "its pickle has opcode {opcode:#04x}, which torch.save does not write"
                ));
            }
        };
        self.push(made);
        Ok(())
    }

    /// `('storage', class, key, location, count[, view])`, and `('module', class, …)` of old files.
    fn persistent(&mut self) -> Result<()> {
        let id = self.pop()?;
        let items = self.held.sequence(&id).ok_or_else(|| damaged("a persistent id"))?;
        let value = match items {
            [Value::Text(kind), class, ..] if **kind == *"module" => class.clone(),
            [
                Value::Text(kind),
                Value::Global(class),
                Value::Text(key),
                _,
                Value::Int(count),
                view @ ..,
            ] if **kind == *"storage" => {
                let mut storage = Storage {
                    key: key.clone(),
                    class: class.rsplit(' ').next().unwrap_or_default().into(),
                    count: usize::try_from(*count).map_err(|_| damaged("a storage's size"))?,
                    start: 0,
                };
                if let Some([_, Value::Int(start), Value::Int(size)]) =
                    view.first().and_then(|view| self.held.sequence(view))
                {
                    let number = |n: i64| usize::try_from(n).map_err(|_| damaged("a view"));
                    (storage.start, storage.count) = (number(*start)?, number(*size)?);
                }
                self.held.made += 1;
                self.held.storages.push(storage);
                Value::Storage(self.held.storages.len() - 1)
            }
            _ => return Err(damaged("a persistent id that is no storage")),
        };
        self.push(value);
        Ok(())
    }

    /// A call, of which only the known ones mean anything.
    fn reduce(&mut self) -> Result<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let Value::Global(name) = callable else {
            let object = self.held.add_dict(&[])?;
            self.push(object);
            return Ok(());
        };
        // The first few tell: copying more would let a small file keep the machine busy.
        let items = self.held.sequence(&arguments).unwrap_or_default();
        let items: Vec<Value> = items.iter().take(8).cloned().collect();
        let made = match (&*name, &items[..]) {
            (
                "torch._utils _rebuild_tensor_v2" | "torch._utils _rebuild_tensor",
                [Value::Storage(storage), Value::Int(offset), shape, strides, ..],
            ) => {
                let tensor = Tensor {
                    storage: *storage,
                    offset: usize::try_from(*offset).map_err(|_| damaged("an offset"))?,
                    shape: self.sizes(shape)?,
                    strides: self.sizes(strides)?,
                };
                if tensor.shape.len() != tensor.strides.len() {
                    return Err(damaged("a tensor's strides"));
                }
                self.held.made += 1 + tensor.shape.len();
                self.held.tensors.push(tensor);
                Value::Tensor(self.held.tensors.len() - 1)
            }
            ("torch._utils _rebuild_parameter", [tensor @ Value::Tensor(_), ..]) => tensor.clone(),
            ("collections OrderedDict", [pairs, ..]) => {
                let pairs = self.held.sequence(pairs).unwrap_or_default();
                let pairs = pairs.iter().filter_map(|pair| self.held.sequence(pair));
                let items: Vec<Value> =
                    pairs.filter(|pair| pair.len() == 2).flatten().cloned().collect();
                self.held.add_dict(&items)?
            }
            _ => self.held.add_dict(&[])?,
        };
        self.push(made);
        Ok(())
    }

    fn sizes(&self, value: &Value) -> Result<Vec<usize>> {
        let sizes = self.held.sequence(value).ok_or_else(|| damaged("a tensor's shape"))?;
        let size = |value: &Value| match value {
            Value::Int(size) => usize::try_from(*size).ok(),
            _ => None,
        };
        sizes.iter().map(size).collect::<Option<_>>().ok_or_else(|| damaged("a tensor's shape"))
    }

    /// Gives an object its attributes.
    fn build(&mut self) -> Result<()> {
        let (state, object) = (self.pop()?, self.top()?);
        if let (Some(entries), Value::Dict(_)) = (self.held.dict(&state), &object) {
            let items: Vec<Value> =
                entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect();
            self.held.extend_dict(&object, &items)?;
        }
        Ok(())
    }
}

/// Little-endian two's complement. What does not fit, such as the magic number, is kept as
/// hexadecimal text.
fn long(bytes: &[u8]) -> Value {
    if bytes.len() > 16 {
        return Value::Nothing;
    }
    if bytes.len() > 8 {
        let mut whole = [0; 16];
        whole[..bytes.len()].copy_from_slice(bytes);
        return Value::Text(format!("{:x}", u128::from_le_bytes(whole)).into());
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut whole = if negative { [0xff; 8] } else { [0; 8] };
    whole[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(whole))
}
