//! Files as `torch.save` writes them, made here byte by byte, and damaged.

use std::io::{Cursor, Write as _};
use std::process::Command;

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

/// A tensor of a storage of six numbers.
fn tensor(out: &mut Vec<u8>, class: &str, key: &str, shape: [u8; 2]) {
    out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
    text(out, "storage");
    out.extend(format!("ctorch\n{class}\n").bytes());
    text(out, key);
    text(out, "cuda:0");
    // Six numbers; offset 0, shape, strides, requires_grad, hooks; then rebuild.
    out.extend([b'K', 6, b't', b'Q', b'K', 0, b'K', shape[0], b'K', shape[1], 0x86]);
    out.extend([b'K', shape[1], b'K', 1, 0x86, 0x89]);
    out.extend(b"ccollections\nOrderedDict\n)RtR");
}

/// `{'epoch': 3, 'best': a numpy number, 'state_dict': OrderedDict(…)}`; the storages are `0` and `1`.
fn pickled() -> Vec<u8> {
    let mut out = vec![0x80, 2];
    out.extend(b"}q\x00(");
    text(&mut out, "epoch");
    out.extend(b"K\x03");
    text(&mut out, "best");
    out.extend(b"cnumpy.core.multiarray\nscalar\n)R");
    text(&mut out, "state_dict");
    out.extend(b"ccollections\nOrderedDict\n)Rq\x01(");
    text(&mut out, "module.features.norm5.weight");
    tensor(&mut out, "FloatStorage", "0", [2, 3]);
    text(&mut out, "module.classifier.0.bias");
    tensor(&mut out, "HalfStorage", "1", [3, 2]);
    out.extend(b"u}");
    text(&mut out, "_metadata");
    out.extend(b"}sbu.");
    out
}

fn storages() -> [Vec<u8>; 2] {
    let single = (1..=6).flat_map(|n| (n as f32 / 2.0).to_le_bytes()).collect();
    // 1.0 and -2.0 by turns.
    let half = [0x3c00_u16, 0xc000].repeat(3).into_iter().flat_map(u16::to_le_bytes).collect();
    [single, half]
}

fn zipped(compression: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(compression);
    let [single, half] = storages();
    for (name, bytes) in [
        ("data.pkl", pickled()),
        ("byteorder", b"little".into()),
        ("data/0", single),
        ("data/1", half),
    ] {
        writer.start_file(format!("archive/{name}"), options).expect("member");
        writer.write_all(&bytes).expect("member");
    }
    writer.finish().expect("zip").into_inner()
}

fn legacy() -> Vec<u8> {
    let mut out = vec![0x80, 2, 0x8a, 10];
    out.extend([0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.']);
    out.extend(b"\x80\x02M\xe9\x03.\x80\x02}(");
    text(&mut out, "little_endian");
    out.extend(b"\x88u.");
    out.extend(pickled());
    out.extend(b"\x80\x02](");
    text(&mut out, "0");
    text(&mut out, "1");
    out.extend(b"e.");
    for storage in storages() {
        out.extend(6_u64.to_le_bytes());
        out.extend(storage);
    }
    out
}

#[test]
fn both_formats_give_the_same_weights() {
    let found = read(&zipped(CompressionMethod::Stored)).expect("zip");
    assert_eq!(found, read(&legacy()).expect("legacy"));
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["module.classifier.0.bias", "module.features.norm5.weight"]);
    let norm = &found["module.features.norm5.weight"];
    assert_eq!(
        (&norm.shape[..], &norm.values[..]),
        (&[2, 3][..], &[0.5, 1.0, 1.5, 2.0, 2.5, 3.0][..])
    );
    assert_eq!(found["module.classifier.0.bias"].values, [1.0, -2.0, 1.0, -2.0, 1.0, -2.0]);
}

#[test]
fn a_whole_network_is_walked_through() {
    // An object with _modules {'features': an object with _parameters {'weight': …}}.
    let mut out = b"\x80\x02cnet\nNet\n)\x81}(".to_vec();
    text(&mut out, "_modules");
    out.extend(b"}(");
    text(&mut out, "features");
    out.extend(b"cnet\nInner\n)\x81}(");
    text(&mut out, "_parameters");
    out.extend(b"}(");
    text(&mut out, "weight");
    out.extend(b"ctorch._utils\n_rebuild_parameter\n(");
    tensor(&mut out, "FloatStorage", "0", [2, 3]);
    out.extend(b"\x88NtRuubuub.");
    let (value, held, _) = pickle::read(&out).expect("a pickle");
    let [single, _] = storages();
    let found = gather(&value, &held, &Stored::from([("0", single.into())])).expect("weights");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["features.weight"]);
}

#[test]
fn what_a_pickle_names_is_not_called() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let made = folder.path().join("made");
    let mut out = legacy()[..15].to_vec();
    out.extend(b"\x80\x02M\xe9\x03.\x80\x02}.\x80\x02cos\nsystem\n");
    text(&mut out, &format!("touch {}", made.display()));
    out.extend(b"\x85R.\x80\x02].");
    let error = read(&out).expect_err("no weights");
    assert!(error.contains("state_dict"), "{error}");
    assert!(!made.exists());
}

#[test]
fn what_is_hostile_is_refused() {
    for (bytes, told) in [
        (b"PK\x03\x04 no zip".to_vec(), ""),
        (b"\x80\x02}.".to_vec(), "not one that torch.save writes"),
        (Vec::new(), "ends too soon"),
        // Deeper than any stack: held as indices, and no weights.
        (
            [
                &legacy()[..15],
                b"\x80\x02K\x01.\x80\x02}.\x80\x02)",
                &b"\x85".repeat(1_000_000),
                b".\x80\x02].",
            ]
            .concat(),
            "state_dict",
        ),
        // A dict that takes itself in again and again.
        (
            [
                &legacy()[..15],
                b"\x80\x02K\x01.\x80\x02}.\x80\x02}q\x00(K\x00K\x00u",
                &b"h\x00h\x00b0".repeat(60),
            ]
            .concat(),
            "values",
        ),
        // A name that could be asked for again and again, joined anew each time.
        (
            [&legacy()[..15], b"\x80\x02K\x01.\x80\x02}.\x80\x02c", &b"m".repeat(300), b"\nn\n."]
                .concat(),
            "longer than any",
        ),
    ] {
        let error = read(&bytes).expect_err("refused");
        assert!(error.contains(told), "'{told}' in {error}");
    }
    let mut cut = legacy();
    cut.truncate(cut.len() - 1);
    assert!(read(&cut).expect_err("cut").contains("download it again"));
}

/// A damaged file gives an error or other weights, never a panic.
fn survives(bytes: &[u8]) {
    let _ = read(bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn changed_bytes_never_panic(
        in_zip in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = if in_zip { zipped(CompressionMethod::Stored) } else { legacy() };
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survives(&bytes);
    }

    #[test]
    fn any_pickle_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = pickle::read(&bytes);
        survives(&[&legacy()[..15], &bytes].concat());
    }
}

/// What Python itself writes, where it has `PyTorch`.
#[test]
fn python_torch_files_are_read() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let script = "import sys, torch\n\
        w = torch.arange(6.).reshape(2, 3)\n\
        for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64):\n\
        \x20   d = {'epoch': 1, 'state_dict': {'module.a': w.to(dtype), 'b': w.to(dtype).t()}}\n\
        \x20   for zip in (True, False):\n\
        \x20       name = f'{sys.argv[1]}/{str(dtype)[6:]}-{zip}.pth.tar'\n\
        \x20       torch.save(d, name, _use_new_zipfile_serialization=zip)\n";
    let python = |script| Command::new("python3").args(["-c", script]).arg(folder.path()).output();
    if !python("import torch").is_ok_and(|output| output.status.success()) {
        // Not `println!`, which is shown of failed tests alone.
        writeln!(std::io::stderr(), "skipped: no python3 that can import torch").expect("stderr");
        return;
    }
    let saved = python(script).expect("python");
    assert!(saved.status.success(), "{}", String::from_utf8_lossy(&saved.stderr));
    let mut read = 0;
    for entry in std::fs::read_dir(folder.path()).expect("folder") {
        let path = entry.expect("entry").path();
        assert!(is_torch_file(&path).expect("readable"), "{}", path.display());
        let weights = read_file(&path).expect("weights");
        assert_eq!(
            weights["module.a"].values,
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
            "{}",
            path.display()
        );
        assert_eq!(weights["b"].shape, [3, 2]);
        assert_eq!(weights["b"].values, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0], "{}", path.display());
        read += 1;
    }
    assert_eq!(read, 10);
}
