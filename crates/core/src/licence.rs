//! What the licence of a paper lets one do with a picture cut out of it.
//!
//! An exported panel is a crop, turned to grey: an adaptation of the paper's figure. So a licence
//! without derivatives (ND) forbids to re-host it, though the paper itself may be shared. Licences
//! for non-commercial use (NC) let anybody share adaptations for research, which is what the dataset
//! is for; they count as open, and the dataset card says that commercial use is not allowed. Terms
//! that hold for the time of a pandemic, a publisher's copyright and silence are no permission.

use std::fmt;

/// A licence as `ingest` reads it off a paper, or as anybody else spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Licence {
    /// CC0, or a work of the US government: no rights reserved.
    PublicDomain,
    /// Creative Commons Attribution, with its restrictions.
    CreativeCommons { non_commercial: bool, share_alike: bool, no_derivatives: bool },
    /// `all rights reserved`, `no reuse`, a publisher's copyright.
    Reserved,
    /// The paper does not say, or says what is no licence known here.
    Unknown,
}

impl Licence {
    /// Reads `CC-BY-NC-ND-4.0`, `CC BY 4.0`, `CC0`, a Creative Commons address, `all rights
    /// reserved`, `© 2020 Elsevier`; what it does not know is [`Licence::Unknown`].
    pub fn parse(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let has = |word: &str| words.contains(&word);
        // Whoever reserves rights may name Creative Commons all the same: to deny it.
        let reserved = ["all rights reserved", "no reuse", "no re-use", "copyright", "©"];
        if has("cc0") || has("publicdomain") || lower.contains("public domain") {
            return Self::PublicDomain;
        }
        let creative_commons =
            has("cc") || has("creativecommons") || lower.contains("creative commons");
        let attribution = has("by") || has("attribution");
        if creative_commons && has("no") {
            // `(no CC)`, as in terms that some publishers grant for a pandemic.
            return Self::Unknown;
        }
        if creative_commons && (has("0") || has("zero")) && !attribution {
            return Self::PublicDomain;
        }
        if creative_commons && attribution {
            return Self::CreativeCommons {
                non_commercial: has("nc") || lower.contains("noncommercial"),
                share_alike: has("sa") || lower.contains("sharealike"),
                no_derivatives: has("nd") || lower.contains("noderiv"),
            };
        }
        if reserved.iter().any(|sign| lower.contains(sign)) {
            return Self::Reserved;
        }
        Self::Unknown
    }

    /// What a server or an article says, in the spelling of what is read off papers, where the licence is known.
    pub fn spelled(told: &str) -> String {
        match told.to_ascii_lowercase().as_str() {
            // No reuse without permission.
            "cc_no" => return Self::Reserved.to_string(),
            // A work of a government.
            "cc0_ng" => return Self::PublicDomain.to_string(),
            _ => {}
        }
        match Self::parse(told) {
            Self::Unknown => told.to_owned(),
            licence => licence.to_string(),
        }
    }

    /// Whether anybody may re-host a picture cut out of the paper, at least without commerce.
    pub fn is_open(self) -> bool {
        match self {
            Self::PublicDomain => true,
            Self::CreativeCommons { no_derivatives, .. } => !no_derivatives,
            Self::Reserved | Self::Unknown => false,
        }
    }

    /// Whether the permission is for non-commercial use only.
    pub fn is_non_commercial(self) -> bool {
        matches!(self, Self::CreativeCommons { non_commercial: true, .. })
    }

    /// The address of the licence's text; `None` of what is no licence.
    pub fn url(self) -> Option<String> {
        match self {
            Self::PublicDomain => Some("https://creativecommons.org/publicdomain/zero/1.0/".into()),
            Self::CreativeCommons { .. } => {
                let code = self.to_string().to_lowercase();
                let code = code.trim_start_matches("cc-");
                Some(format!("https://creativecommons.org/licenses/{code}/4.0/"))
            }
            Self::Reserved | Self::Unknown => None,
        }
    }
}

/// Without a version: `CC-BY-NC`.
impl fmt::Display for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::PublicDomain => f.pad("CC0"),
            Self::CreativeCommons { non_commercial, share_alike, no_derivatives } => {
                let mut code = String::from("CC-BY");
                for (restricts, letters) in
                    [(non_commercial, "-NC"), (share_alike, "-SA"), (no_derivatives, "-ND")]
                {
                    if restricts {
                        code += letters;
                    }
                }
                f.pad(&code)
            }
            Self::Reserved => f.pad("all rights reserved"),
            Self::Unknown => f.pad("not stated"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read() {
        for (text, expected, open) in [
            ("CC0-1.0", "CC0", true),
            ("CC 0", "CC0", true),
            ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0", true),
            ("public domain", "CC0", true),
            ("CC-BY-4.0", "CC-BY", true),
            ("CC BY 4.0", "CC-BY", true),
            ("https://creativecommons.org/licenses/by-nc-nd/4.0/", "CC-BY-NC-ND", false),
            ("Creative Commons Attribution-NonCommercial 4.0", "CC-BY-NC", true),
            ("Creative Commons Attribution-NoDerivatives", "CC-BY-ND", false),
            ("cc-by-nc-sa-4.0", "CC-BY-NC-SA", true),
            ("CC-BY-SA-4.0", "CC-BY-SA", true),
            ("CC-BY-ND-4.0", "CC-BY-ND", false),
            ("CC-BY-NC 4.0", "CC-BY-NC", true),
            ("CC-BY-NC-ND-4.0", "CC-BY-NC-ND", false),
            ("all rights reserved", "all rights reserved", false),
            ("No reuse allowed without permission", "all rights reserved", false),
            ("none (all rights reserved)", "all rights reserved", false),
            ("© 2020 A Publisher Ltd.", "all rights reserved", false),
            ("PMC OA Subset pandemic terms (no CC)", "not stated", false),
            ("none stated", "not stated", false),
            ("unlicensed", "not stated", false),
            ("", "not stated", false),
        ] {
            let licence = Licence::parse(text);
            assert_eq!(
                (licence.to_string().as_str(), licence.is_open()),
                (expected, open),
                "{text}"
            );
        }
    }

    #[test]
    fn only_a_licence_has_an_address() {
        let url = |text| Licence::parse(text).url();
        assert_eq!(
            url("CC-BY-NC-4.0").as_deref(),
            Some("https://creativecommons.org/licenses/by-nc/4.0/")
        );
        assert_eq!(url("no reuse"), None);
        assert!(Licence::parse("CC-BY-NC-4.0").is_non_commercial());
        assert!(!Licence::parse("CC-BY-4.0").is_non_commercial());
    }

    proptest::proptest! {
        #[test]
        fn whatever_it_prints_it_reads(
            non_commercial: bool, share_alike: bool, no_derivatives: bool,
        ) {
            let licence = Licence::CreativeCommons { non_commercial, share_alike, no_derivatives };
            proptest::prop_assert_eq!(Licence::parse(&licence.to_string()), licence);
        }
    }
}
