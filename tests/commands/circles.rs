//! That the files of this crate can be read from one end: none use each other in a circle. A file that uses those below
//! it, and is used by them, is one room with them. And that what measures and learns knows no database.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// A module by its path: `["curation", "queue"]`.
type Module = Vec<String>;

/// Rooms that know no database, and what of them does.
const WITHOUT_DATABASE: [&str; 3] = ["metrics", "runs", "model"];
const BUT: [&str; 2] = ["model::error", "model::pretrain::pool"];

static USE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);").expect("pattern")
});
static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:super|crate|self)(?:::\w+)+").expect("pattern"));

/// The paths of a `use`: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tree: &str, before: &[String]) -> Vec<Module> {
    let (mut depth, mut parts, mut part) = (0, Vec::new(), String::new());
    for letter in tree.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    parts.push(part);
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts
        .flat_map(|part| {
            let names = |text: &str| {
                let names = text.split("::").map(|name| name.trim().to_owned());
                before.iter().cloned().chain(names).collect::<Module>()
            };
            match part.split_once("::{") {
                Some((head, rest)) => paths(rest.strip_suffix('}').unwrap_or(rest), &names(head)),
                None => vec![names(part.split(" as ").next().unwrap_or(part))],
            }
        })
        .collect()
}

/// A file: what it uses, and whether it passes that on.
fn uses(text: &str) -> Vec<(bool, Module)> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let declared = USE.captures_iter(code).flat_map(|found| {
        let public = found.get(1).is_some();
        paths(&found[2], &[]).into_iter().map(move |path| (public, path))
    });
    let rest = USE.replace_all(code, "");
    let named = PATH
        .find_iter(&rest)
        .map(|found| (false, found.as_str().split("::").map(str::to_owned).collect::<Module>()));
    declared.chain(named.collect::<Vec<_>>()).collect()
}

struct Modules {
    uses: BTreeMap<Module, Vec<(bool, Module)>>,
    /// By module and name: what it passes on under that name.
    passed: BTreeMap<(Module, String), Module>,
}

impl Modules {
    fn of(source: &Path) -> Self {
        let mut uses_of = BTreeMap::new();
        for entry in walkdir::WalkDir::new(source) {
            let entry = entry.expect("entry");
            let path = entry.path().strip_prefix(source).expect("below").with_extension("");
            if entry.path().extension().is_some_and(|extension| extension == "rs") {
                let mut module: Module =
                    path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
                if module.last().is_some_and(|last| last == "mod" || *module == ["lib"]) {
                    module.pop();
                }
                uses_of.insert(module, uses(&fs::read_to_string(entry.path()).expect("file")));
            }
        }
        let mut modules = Self { uses: uses_of, passed: BTreeMap::new() };
        let mut passed = BTreeMap::new();
        for (module, used) in &modules.uses {
            for (_, path) in used.iter().filter(|(public, _)| *public) {
                if let (Some(whole), Some(name)) = (modules.absolute(module, path), path.last()) {
                    passed.insert((module.clone(), name.clone()), whole);
                }
            }
        }
        modules.passed = passed;
        modules
    }

    /// A path from the crate's root; `None` where it leads into another crate.
    fn absolute(&self, module: &Module, path: &Module) -> Option<Module> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        let below =
            |kept: usize, from: usize| -> Module { [&module[..kept], &path[from..]].concat() };
        match path[0].as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some(below(module.len(), 1)),
            "super" => Some(below(module.len().checked_sub(ups)?, ups)),
            _ => {
                let own = below(module.len(), 0);
                self.uses.contains_key(&own[..=module.len()]).then_some(own)
            }
        }
    }

    /// The file that defines what a path names.
    fn file(&self, path: &Module, steps: usize) -> Module {
        let held = (0..=path.len()).rev().find(|&length| self.uses.contains_key(&path[..length]));
        let (module, rest) = path.split_at(held.unwrap_or_default());
        let key = rest.first().map(|name| (module.to_vec(), name.clone()));
        match key.and_then(|key| self.passed.get(&key)).filter(|next| steps > 0 && *next != path) {
            Some(next) => self.file(&[next, &rest[1..]].concat(), steps - 1),
            None => module.to_vec(),
        }
    }

    /// By file: those it uses, but for those above and below it.
    fn edges(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let edge = |module: &Module, path: &Module| {
            let file = self.file(&self.absolute(module, path)?, 6);
            (!file.starts_with(module) && !module.starts_with(&file)).then_some(file)
        };
        let of = |(module, used): (&Module, &Vec<(bool, Module)>)| {
            (module.clone(), used.iter().filter_map(|(_, path)| edge(module, path)).collect())
        };
        self.uses.iter().map(of).collect()
    }
}

/// All that can be reached from each file.
fn reached(edges: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeMap<&Module, BTreeSet<&Module>> {
    let from = |start| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(module) = next.pop() {
            next.extend(edges[module].iter().filter(|other| seen.insert(*other)));
        }
        seen
    };
    edges.keys().map(|module| (module, from(module))).collect()
}

#[test]
fn files_use_each_other_in_no_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules = Modules::of(&source);
    assert!(modules.uses.len() > 200, "{} files", modules.uses.len());
    let edges = modules.edges();
    let reached = reached(&edges);
    let mut circles: BTreeSet<BTreeSet<String>> = BTreeSet::new();
    for (module, others) in &reached {
        let with: BTreeSet<String> = others
            .iter()
            .filter(|other| reached[*other].contains(module))
            .map(|other| other.join("::"))
            .collect();
        if !with.is_empty() {
            circles.insert(with);
        }
    }
    assert!(circles.is_empty(), "files that use each other in a circle: {circles:#?}");
}

#[test]
fn what_measures_and_learns_knows_no_database() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules = Modules::of(&source);
    let ask: Vec<String> = modules
        .uses
        .iter()
        .filter(|(module, _)| {
            module.first().is_some_and(|room| WITHOUT_DATABASE.contains(&&**room))
        })
        .filter(|(_, used)| used.iter().any(|(_, path)| path.iter().any(|name| name == "store")))
        .map(|(module, _)| module.join("::"))
        .collect();
    assert_eq!(ask, BUT, "files that use the database");
}
