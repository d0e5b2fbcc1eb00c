//! Names that come from a list and become a path. Whoever wrote the list may have meant a path elsewhere.

use std::fmt;
use std::path::{Component, Path};

/// How pictures' names end, in either case.
pub const PICTURES: &[&str] = &["png", "jpg", "jpeg"];

/// Bytes of the longest name. File systems take 255; a number or another ending may come behind it.
const LONGEST: usize = 240;

/// The name of a file in whatever folder it is joined to: one component, with one of the endings asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

impl FileName {
    /// # Errors
    /// What is wrong with the name, which is quoted.
    pub fn new(name: &str, endings: &[&str]) -> Result<Self, String> {
        let refused = |why: &str| Err(format!("the name {name:?} {why}"));
        if !is_one_component(name) || name.contains('\\') {
            return refused("may lead to another folder: expected a file's name alone");
        }
        if name.starts_with('.') {
            return refused("begins with a dot, as hidden files do: expected another name");
        }
        if name.chars().any(char::is_control) || name.trim() != name {
            return refused("has characters that no list can tell: expected a plain name");
        }
        if name.len() > LONGEST {
            return refused(&format!("is longer than {LONGEST} bytes"));
        }
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if !endings.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
            return refused(&format!("does not end in .{}", endings.join(" or .")));
        }
        Ok(Self(name.into()))
    }

    /// Of a picture: [`PICTURES`].
    ///
    /// # Errors
    /// As [`FileName::new`].
    pub fn of_picture(name: &str) -> Result<Self, String> {
        Self::new(name, PICTURES)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without its ending.
    pub fn stem(&self) -> &str {
        self.0.rsplit_once('.').map_or(&self.0, |(stem, _)| stem)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `name` is one component of a path, and no way up: `a.png`, not `../a.png`, `/a.png`, `a/b.png` or `.`.
pub fn is_one_component(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let first = matches!(parts.next(), Some(Component::Normal(part)) if part == name);
    first && parts.next().is_none() && !name.contains('\0')
}

/// Whether a path leads to something below the folder that it is joined to.
pub fn stays_inside(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(is_one_component)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_pictures_are_names_alone() {
        for name in ["a.png", "2020.02.10.20021584-p6-52%0.png", "18%0.JPG", "a b.jpeg", "ü.png"] {
            assert_eq!(FileName::of_picture(name).expect(name).as_str(), name);
        }
        for name in [
            "",
            ".",
            "..",
            "/",
            "../a.png",
            "a/b.png",
            "/a.png",
            "a.png/",
            "./a.png",
            "a/../b.png",
            "..\\a.png",
            "C:\\a.png",
            ".png",
            ".a.png",
            "a",
            "a.pdf",
            "a.png\n",
            "a\n.png",
            "a.png ",
            "a\0.png",
            "a\u{1b}[2J.png",
        ] {
            assert!(FileName::of_picture(name).is_err(), "{name:?}");
        }
        assert!(FileName::of_picture(&format!("{}.png", "a".repeat(250))).is_err());
        let told = FileName::of_picture("a\n/../b.png").expect_err("refused");
        assert!(told.contains(r#""a\n/../b.png""#), "{told}");
        assert_eq!(FileName::of_picture("a.b.png").expect("a name").stem(), "a.b");
    }

    #[test]
    fn paths_stay_inside() {
        for (path, inside) in [
            ("a.txt", true),
            ("Data-split/COVID/a.txt", true),
            ("", false),
            ("/etc/a", false),
            ("a/../../b", false),
            ("a//b", false),
            ("a/./b", false),
        ] {
            assert_eq!(stays_inside(path), inside, "{path}");
        }
    }
}
