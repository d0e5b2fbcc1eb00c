//! Names of preprints, and DOIs.

/// `10.1101/<name>` where a paper is named like the DOI of a preprint, and its server: medRxiv's
/// numbers have eight digits, bioRxiv's six.
pub fn preprint_doi(paper: &str) -> Option<(String, &'static str)> {
    let parts: Vec<&str> = paper.split('.').collect();
    let &[year, month, day, number] = parts.as_slice() else { return None };
    let digits =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    if !(digits(year, 4) && year.starts_with("20") && digits(month, 2) && digits(day, 2)) {
        return None;
    }
    let server = match number {
        number if digits(number, 8) => "medrxiv",
        number if digits(number, 6) => "biorxiv",
        _ => return None,
    };
    Some((format!("10.1101/{paper}"), server))
}

/// A DOI in lower case, without the address of its resolver; `None` where it is none.
pub fn doi(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let bare = [
        "https://doi.org/",
        "http://doi.org/",
        "https://dx.doi.org/",
        "http://dx.doi.org/",
        "doi:",
    ]
    .iter()
    .find_map(|start| text.strip_prefix(start))
    .unwrap_or(&text)
    .trim();
    let is_one = bare.starts_with("10.")
        && bare.split_once('/').is_some_and(|(_, number)| !number.is_empty())
        && !bare.contains(|c: char| c.is_whitespace() || c.is_control());
    is_one.then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_tell_the_server() {
        let server = |paper| preprint_doi(paper).map(|(_, server)| server);
        let doi = preprint_doi("2020.02.10.20021584");
        assert_eq!(doi, Some(("10.1101/2020.02.10.20021584".into(), "medrxiv")));
        assert_eq!(server("2020.01.24.919183"), Some("biorxiv"));
        for other in ["", "2020.02.10", "2020.02.10.2002158", "1920.02.10.20021584", "PMC7095448"] {
            assert_eq!(server(other), None, "{other}");
        }
    }
}
