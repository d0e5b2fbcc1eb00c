//! What the Croissant metadata tells of a dataset's making and limits, in the words of the Croissant RAI vocabulary
//! (version 1.0), with the fields that the `NeurIPS` 2026 Evaluations and Datasets track asks for.

use crate::task;
use covid_ct_core::Label;
use serde_json::{Map, Value, json};

use super::card::Facts;
use super::options::Hosting;

/// The fields, by their name.
pub fn fields(facts: &Facts) -> Map<String, Value> {
    let mut rai = Map::new();
    let mut tell = |name: &str, value: Value| drop(rai.insert(format!("rai:{name}"), value));
    tell("dataCollection", json!(collection(facts)));
    tell(
        "dataCollectionType",
        json!(["Secondary Data Analysis", "Document Analysis", "Manual Human Curator"]),
    );
    tell(
        "dataCollectionRawData",
        json!("PDFs of papers and preprints, as their servers hand them out."),
    );
    tell("dataCollectionMissingData", json!(missing(facts)));
    tell("dataPreprocessingProtocol", json!([preprocessing(facts)]));
    tell(
        "dataManipulationProtocol",
        json!(
            "None beyond what is told of preprocessing: nothing is cleaned, balanced or generated."
        ),
    );
    tell("dataAnnotationProtocol", json!(annotation(facts)));
    tell("dataAnnotationPlatform", json!(["covid-ct"]));
    tell(
        "machineAnnotationTools",
        json!([
            "covid-ct pairs figures with captions and proposes panels by rules; it decides nothing that a curator has not \
         confirmed."
        ]),
    );
    tell("annotationsPerItem", json!(annotations_per_item(facts)));
    tell("dataBiases", json!(biases(facts)));
    tell("dataLimitations", json!(limitations(facts)));
    tell("dataUseCases", json!(use_cases(facts)));
    tell(
        "dataSocialImpact",
        json!(
            "Networks that learn from pictures of papers can seem better than they are; used on patients they would do \
         harm. Licences and recipes let others repeat what is measured without redistributing pictures that may not be."
        ),
    );
    tell(
        "personalSensitiveInformation",
        json!([
            "Health: figures and captions of published papers tell diagnoses, courses of disease, ages, sexes and places \
         of patients, whom the papers do not name.",
            "Text printed over a picture is left as the paper prints it."
        ]),
    );
    tell(
        "dataReleaseMaintenancePlan",
        json!(
            "The dataset is written anew from PDFs and decisions by covid-ct; the same input gives the same bytes, and \
         MANIFEST.csv lists every file with its SHA-256."
        ),
    );
    tell("hasSyntheticData", json!(facts.synthetic));
    rai
}

fn collection(facts: &Facts) -> String {
    let what = if facts.figures { "All figures" } else { &task::in_force().export.what };
    format!(
        "{what} were taken out of the figures of {} papers by covid-ct, which reads PDFs: pictures in native quality, \
         or drawn as the page shows them, with their captions and the sentences that cite them.",
        facts.dois.len().max(facts.papers)
    )
}

fn missing(facts: &Facts) -> String {
    let told = "What a paper does not tell is empty: text fields then hold an empty text, numbers are missing.";
    match facts.hosting {
        Hosting::Any => told.into(),
        Hosting::Open => format!(
            "{told} {} pictures may not be re-hosted and are left out; RECIPE.csv tells where they are.",
            facts.left_out_len()
        ),
    }
}

fn preprocessing(facts: &Facts) -> String {
    if facts.figures {
        return "Every picture is an 8-bit PNG in native pixels, RGB or grey, transparency laid on white, without \
                metadata."
            .into();
    }
    format!(
        "Every picture, of {} class, is an 8-bit greyscale PNG {}, transparency laid on white, without metadata.{}",
        if Label::all().len() == 2 { "either" } else { "any" },
        facts.size_in_words(),
        if task::in_force().crop.is_asked {
            " Compound figures are cut into single scans."
        } else {
            ""
        }
    )
}

fn annotation(facts: &Facts) -> Vec<String> {
    if facts.figures {
        return vec!["None: captions and sentences are the papers' own.".into()];
    }
    let mut told = task::in_force().export.annotation.clone();
    if !facts.curators.is_empty() {
        let curators: Vec<&str> = facts.curators.iter().map(String::as_str).collect();
        told.push(format!("Curators: {}.", curators.join(", ")));
    }
    told
}

fn annotations_per_item(facts: &Facts) -> String {
    if facts.figures {
        return "0".into();
    }
    format!(
        "One decision a stage ({}) by at least one curator; the field decisions names all of them.",
        task::in_force().export.stages
    )
}

fn biases(facts: &Facts) -> Vec<String> {
    let mut biases = vec![
        "Papers report unusual cases, and many early ones come from few hospitals: nothing here says how common \
         anything is."
            .to_owned(),
        "Pictures of papers are chosen, windowed, compressed and written on; journals differ in how, so that a \
         network may learn the journal, the window or the letters in place of "
            .to_owned()
            + &task::in_force().export.shown
            + ".",
    ];
    if !facts.figures {
        biases.push(
            "Scans of one patient are many and alike; numbers of pictures overstate how much there is to learn."
                .into(),
        );
        biases.extend(facts.parts_without_class().into_iter().map(|(part, class)| {
            format!("The split {part} holds no picture of the class {class}.")
        }));
    }
    biases
}

fn limitations(facts: &Facts) -> Vec<String> {
    let mut limits = vec![
        "Pictures of papers are no substitute for DICOM: grey levels have no unit.".to_owned(),
    ];
    if facts.figures {
        limits.push(
            "Captions are paired with figures by rules; pairing_confidence says how sure each is."
                .into(),
        );
    } else {
        limits.extend(task::in_force().export.limitations.iter().cloned());
    }
    limits.push(if facts.may_be_shared() {
        "Each picture stays under the licence of its paper, which the field licence tells.".into()
    } else {
        "Some pictures are under licences that forbid passing them on: this copy may not be published as it is."
            .into()
    });
    limits
}

fn use_cases(facts: &Facts) -> Vec<&'static str> {
    let mut uses = if facts.figures {
        vec![
            "Learning from pictures and their texts; search for figures; studies of how papers show what they find.",
        ]
    } else {
        vec![
            "Research on learning from few pictures, on leakage and shortcuts, and on how papers show scans.",
        ]
    };
    uses.push("Not for diagnosis, and not for the choice of a treatment.");
    uses
}
