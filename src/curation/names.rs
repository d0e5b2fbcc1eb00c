//! Names of curators: one that is nearly another's is more often mistyped than new.

/// Shorter than this, names differ by a letter because people are called so.
const LEAST: usize = 3;

/// The curator among `known` whose name `name`, which is none of them, is nearly: other capitals or blanks,
/// or one letter more, fewer, other, or two in the other order. Names that differ in a digit alone, such as
/// `reader1` and `reader2`, are meant to.
pub fn nearly<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    if known.iter().any(|other| other == name) {
        return None;
    }
    let plain = |name: &str| name.split_whitespace().collect::<String>().to_lowercase();
    let near = |other: &&String| {
        let (one, other) = (plain(name), plain(other));
        one == other || is_one_letter_away(&one, &other)
    };
    known.iter().find(near).map(String::as_str)
}

fn is_one_letter_away(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().min(other.len()) < LEAST {
        return false;
    }
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    match (one, other) {
        ([more], []) | ([], [more]) => !more.is_ascii_digit(),
        ([a], [b]) => !(a.is_ascii_digit() && b.is_ascii_digit()),
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_known_is_told_from_a_new_one() {
        let known = ["anna", "bob", "reader1", "b"].map(String::from);
        for (name, like) in [
            ("ana", Some("anna")),
            ("annna", Some("anna")),
            ("anne", Some("anna")),
            ("Anna", Some("anna")),
            ("anan", Some("anna")),
            ("rob", Some("bob")),
            ("bo", None),
            ("anna", None),
            ("reader2", None),
            ("reader12", None),
            ("redaer1", Some("reader1")),
            ("a", None),
            ("carl", None),
        ] {
            assert_eq!(nearly(name, &known), like, "{name}");
        }
    }
}
