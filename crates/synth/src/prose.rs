//! The words: sentences about imaging studies grown from templates, names, places, references.
//!
//! A template is a sentence with slots: `{a|b|c}` takes one of the alternatives, `{12-80}` a whole
//! number of the range, `{@name}` a word list. Everything is invented, places and people included.

use super::chance::Chance;

/// A section's templates, given out in order and each at most once: what a section says builds up,
/// and a paper does not say a thing twice.
#[derive(Debug)]
pub struct Bank(std::slice::Iter<'static, &'static str>);

impl Bank {
    pub fn new(templates: &'static [&'static str]) -> Self {
        Self(templates.iter())
    }

    /// The next sentence, some left out by chance; `None` at the end.
    pub fn sentence(&mut self, chance: &mut Chance) -> Option<String> {
        while chance.yes(0.12) {
            self.0.next()?;
        }
        Some(fill(self.0.next()?, chance))
    }
}

/// One of `templates`, filled.
pub fn any(templates: &[&str], chance: &mut Chance) -> String {
    let template = *chance.pick(templates);
    fill(template, chance)
}

/// Fills the slots of `template`.
pub fn fill(template: &str, chance: &mut Chance) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, slot, after)) = next_slot(rest) {
        text.push_str(before);
        text.push_str(&fill_slot(slot, chance));
        rest = after;
    }
    text + rest
}

fn next_slot(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (slot, after) = rest.split_once('}')?;
    Some((before, slot, after))
}

fn fill_slot(slot: &str, chance: &mut Chance) -> String {
    if let Some(name) = slot.strip_prefix('@') {
        return any(word_list(name), chance);
    }
    let range = slot.split_once('-').map(|(low, high)| (low.parse(), high.parse()));
    if let Some((Ok(low), Ok(high))) = range {
        return chance.whole(low, high).to_string();
    }
    let alternatives: Vec<&str> = slot.split('|').collect();
    (*chance.pick(&alternatives)).to_owned()
}

fn word_list(name: &str) -> &'static [&'static str] {
    match name {
        "place" => PLACES,
        "hospital" => HOSPITALS,
        "surname" => SURNAMES,
        "given" => GIVEN,
        "lobe" => LOBES,
        "sign" => SIGNS,
        "disease" => DISEASES,
        "journal" => JOURNALS,
        "scanner" => SCANNERS,
        _ => unreachable!("no word list '{name}'"),
    }
}

/// `n` people, each once: `Mira K. Oster`.
pub fn authors(n: usize, chance: &mut Chance) -> Vec<String> {
    let mut surnames = SURNAMES.to_vec();
    chance.shuffle(&mut surnames);
    let person = |surname: &&str| {
        let given = *chance.pick(GIVEN);
        let initial = *chance.pick(&[" A.", " K.", " J.", " M.", "", "", ""]);
        format!("{given}{initial} {surname}")
    };
    surnames.iter().take(n).map(person).collect()
}

pub const AFFILIATION: &str = "{Department of Radiology|Department of Respiratory Medicine|Institute \
     of Diagnostic Imaging|Division of Infectious Diseases|Department of Thoracic Surgery}, \
     {@hospital}, {@place}";

pub const REFERENCE: &str = "{@surname} {A|B|C|J|K|M|R|T}, {@surname} {A|D|E|H|L|N|S|W}, et al. \
     {Chest CT|Thoracic imaging|Serial CT|Low-dose CT|Radiographic features} in {@disease}: {a \
     cohort study|a pictorial review|diagnostic accuracy|a multicentre analysis|follow-up at one \
     year|a reader study}. {@journal} {2009-2019};{3-58}:{100-480}\u{2013}{481-990}.";

const PLACES: &[&str] = &[
    "Lindhaven",
    "Port Averne",
    "Cresmoor",
    "Velda",
    "Harrow Bay",
    "Sant Oriel",
    "Novaro",
    "Kestrel Falls",
    "Aldmere",
    "Tarnow Hills",
    "Quillon",
    "Brightwater",
    "Eastmarch",
    "Oreb",
];
const HOSPITALS: &[&str] = &[
    "Northgate University Hospital",
    "St Alban General Hospital",
    "Riverside Medical College",
    "First People\u{2019}s Hospital of Velda",
    "Aldmere Chest Hospital",
    "Cresmoor Infirmary",
    "Union Hospital of Novaro",
    "Harrow Bay Medical Centre",
    "Central Hospital of Quillon",
];
const SURNAMES: &[&str] = &[
    "Oster",
    "Lindqvist",
    "Marlowe",
    "Tan",
    "Varga",
    "Okoro",
    "Hsu",
    "Bergman",
    "Castell",
    "Duval",
    "Engel",
    "Ferro",
    "Gao",
    "Hartmann",
    "Iqbal",
    "Jansen",
    "Kovar",
    "Liang",
    "Moretti",
    "Nakata",
    "Orlov",
    "Pires",
    "Quist",
    "Rahman",
    "Sato",
    "Tolliver",
    "Ueda",
    "Voss",
    "Wen",
    "Yilmaz",
];
const GIVEN: &[&str] = &[
    "Mira", "Jon", "Wei", "Aisha", "Paulo", "Lena", "Kenji", "Sofia", "Tomas", "Ying", "Nadia",
    "Oskar", "Rui", "Hanna", "Idris", "Clara", "Emil", "Farah", "Hugo", "Leila",
];
const LOBES: &[&str] = &[
    "right upper lobe",
    "right middle lobe",
    "right lower lobe",
    "left upper lobe",
    "lingula",
    "left lower lobe",
];
const SIGNS: &[&str] = &[
    "ground-glass opacity",
    "consolidation",
    "interlobular septal thickening",
    "air bronchograms",
    "vascular enlargement",
    "subpleural lines",
    "bronchial wall thickening",
    "pleural effusion",
];
const DISEASES: &[&str] = &[
    "viral pneumonia",
    "community-acquired pneumonia",
    "interstitial lung disease",
    "acute respiratory failure",
    "influenza",
    "organising pneumonia",
    "bacterial pneumonia",
];
const JOURNALS: &[&str] = &[
    "J Thorac Imaging Stud",
    "Ann Respir Radiol",
    "Clin Lung Imaging",
    "Eur Arch Tomogr",
    "Int J Chest Med",
    "Radiol Methods Rep",
    "Pulm Cohort Stud",
];
const SCANNERS: &[&str] =
    &["16-slice helical scanner", "64-row scanner", "128-slice scanner", "dual-source scanner"];

pub const INTRODUCTION: &[&str] = &[
    "Computed tomography of the chest is {widely available|fast and reproducible|available in most hospitals} and shows the lung parenchyma in detail.",
    "Early recognition of {@disease} shortens the time to isolation and to {treatment|supportive care}.",
    "Laboratory confirmation may take {one|two|three} days, during which clinicians must act on what imaging shows.",
    "Several {groups|centres|authors} have described the distribution of {@sign} in {@disease} [{1-9}].",
    "The appearance of the lungs changes {quickly|over days|from one week to the next}, and a single examination can mislead [{3-12}].",
    "What is still missing is a description that follows the same patients from admission to discharge.",
    "Reports so far rest on small series from {single centres|one region|tertiary hospitals}, and their reading criteria differ.",
    "Radiologists disagree most often about {mild|early|subtle} changes close to the pleura [{2-14}].",
    "Public collections of annotated scans are {scarce|few and small}, which slows the development of automatic tools.",
    "We therefore {collected|reviewed|re-read} every examination made at our institutions during the study period.",
    "Our aim was to describe {the extent, location and time course of findings|which findings separate the groups|how findings evolve} on chest CT.",
    "We hypothesised that the {peripheral|lower-lobe|bilateral} distribution of opacities would {help to separate the groups|be associated with outcome}.",
    "Symptoms on admission are {unspecific|shared by many infections}, and {fever|cough|fatigue} alone does not tell one cause from another.",
    "Guidelines of {several|most} societies advise against imaging as a screening test, yet in practice it is often the first result at hand.",
    "A normal scan in the first {two|three|four} days does not exclude disease [{4-15}].",
    "Most published pictures show the height of the disease, and few show how it began.",
    "For the clinician at the bedside the question is a practical one: does this picture make another {cause|diagnosis} more likely?",
    "Training of readers depends on examples whose cause was proven by other means.",
    "In this {report|paper|study} we present the imaging findings of a {consecutive|retrospective|well documented} series.",
];

pub const METHODS: &[&str] = &[
    "The study was approved by the review board of {@hospital}, which waived written consent for the use of {anonymised|de-identified} images.",
    "We searched the archive for all adults scanned between {3-28} {December|January} and {3-28} {February|March}.",
    "Patients were included when {a complete examination and laboratory results were available|at least one diagnostic scan existed}.",
    "We excluded {3-19} examinations because of {severe motion|incomplete coverage|missing clinical records}.",
    "All scans were made on a {@scanner} at full inspiration with the patient supine.",
    "Tube voltage was {100-120} kV with automatic current modulation, and images were reconstructed at {1-5} mm with a sharp kernel.",
    "Images were viewed at a lung window with a width of {1200-1600} HU and a level of -{500-700} HU.",
    "No contrast medium was given in {61-97}% of the examinations.",
    "The dose-length product was {90-210} \u{b1} {20-60} mGy cm.",
    "Before the study both readers rated {10-30} training cases that were not part of the series.",
    "Two radiologists with {5-20} and {6-25} years of experience read every scan independently and {settled differences by consensus|called a third reader when they differed}.",
    "For each lobe the readers scored the extent of {@sign} from 0 to 5.",
    "Lesions were called peripheral when they lay within {2-3} cm of the pleura.",
    "Clinical data were taken from the {electronic|hospital} record by a physician who did not see the images.",
    "The day of symptom onset was taken as day 0 for all later examinations.",
    "Continuous variables are given as mean \u{b1} standard deviation or as median with range.",
    "Groups were compared with the {rank sum|chi-squared|exact} test, and p values below 0.05 were taken as significant.",
    "Agreement between readers was measured by the weighted kappa statistic.",
    "No images were post-processed other than by {windowing|cropping to the thorax and windowing}.",
    "Sample size followed from the number of eligible patients; no formal calculation was made.",
    "All computations were run twice by different authors and gave the same results.",
];

pub const RESULTS: &[&str] = &[
    "The final series comprised {24-190} patients ({12-60} women) with a mean age of {38-66} \u{b1} {8-17} years.",
    "The median time from onset to the first scan was {2-8} days.",
    "{Fever|Cough} was the most frequent symptom ({61-92}%), followed by {fatigue|dyspnoea|myalgia} ({21-58}%).",
    "The {@lobe} was involved in {31-88}% of patients and the {@lobe} in {22-70}%.",
    "We saw {@sign} in {14-70} patients and {@sign} in {4-40}.",
    "Lesions were bilateral in {40-90}% and touched the pleura in {35-85}%.",
    "{Most|Nearly all|About half of} opacities had ill-defined margins.",
    "The mean extent score was {3-9}.{1-9} on the first scan and {6-14}.{1-9} at its peak.",
    "In {4-19} patients the first scan was normal, and {2-4} of them developed opacities later.",
    "Agreement between the readers was {good|very good|substantial} (kappa 0.{71-93}).",
    "Extent scores were higher in patients who needed {oxygen|intensive care} (p = 0.0{11-49}).",
    "The number of lobes involved ranged from {1-2} to 5 and rose with the time since onset.",
    "Opacities were round in {11-30}% and irregular in the rest.",
    "Vessels inside the opacities were wider than those outside in {two|three} of five patients.",
    "A halo or reversed halo was seen in {2-7} examinations.",
    "Motion degraded {3-11} scans, none of them to a degree that prevented reading.",
    "Lymph nodes larger than 1 cm in short axis were found in {2-9} patients.",
    "No patient had {a cavity|a pneumothorax|calcified lesions} at presentation.",
    "Follow-up scans were available for {12-48} patients after a median of {5-16} days.",
    "On follow-up the opacities had {cleared|decreased|changed into thin bands} in {31-77}% of patients.",
    "Median C-reactive protein was {11-88} mg/L, and lymphocyte counts were below the normal range in {22-71}%.",
    "{Three|Four|Five|Six} patients were transferred to another hospital before their second scan.",
    "Scores of the right lung did not differ from those of the left (p = 0.{21-88}).",
    "Age correlated {weakly|moderately} with the extent score (r = 0.{22-58}).",
    "Image quality was rated as {good or excellent|sufficient} in {91-99}% of the examinations.",
];

pub const DISCUSSION: &[&str] = &[
    "We found that {extent and distribution, more than any single sign,|the location of the opacities|the change between two scans} carried most of the information.",
    "These findings agree with {earlier|previous} work on {@disease} [{5-16}].",
    "One explanation is that inflammation starts in the {distal airspaces|subpleural lung} and spreads towards the hilum.",
    "The overlap with {@disease} remains {considerable|a problem in daily practice}, and imaging alone cannot settle the cause.",
    "A reader who knows only the image will therefore misclassify some patients, above all early in the course.",
    "Serial examinations were {more informative than|superior to} single ones in our series.",
    "This has a practical consequence: the interval between scans matters as much as their number.",
    "Follow-up within {three|four|five} days rarely changed management in our patients.",
    "The radiologist should state how certain the reading is, and what would change it.",
    "Automatic measurement of the involved volume may replace visual scores in the future [{9-16}].",
    "Our study has limitations.",
    "It was retrospective, and scans were ordered at the discretion of the treating physician.",
    "The number of patients with {severe|mild} disease was small.",
    "Scanners and protocols differed between the hospitals, which may have influenced the visibility of faint opacities.",
    "We had no histological correlation for {any of the|most} lesions.",
    "Some patients may have had more than one infection at the same time.",
    "Larger series with {longer follow-up|uniform protocols} are needed to confirm these observations.",
    "Clinicians should weigh the radiation dose of repeated scans against what they add, {particularly|above all} in young patients.",
    "Whether residual bands are reversible remains {unknown|open}.",
    "Structured reporting would make future series easier to compare [{6-16}].",
    "In the setting of {high|rising} prevalence, a typical appearance on CT should prompt {isolation|repeat testing} even when the first test is negative.",
    "In conclusion, {the pattern of disease on chest CT changes in a predictable way|careful reading of distribution and time course helps to narrow the differential diagnosis}.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_filled() {
        let mut chance = Chance::new(3, 0);
        let text = fill("{a|b} saw {3-5} of {@lobe}.", &mut chance);
        assert!(!text.contains(['{', '}', '|', '@']), "{text}");
        assert!(text.starts_with("a saw") || text.starts_with("b saw"), "{text}");
    }

    #[test]
    fn every_template_reads_as_a_sentence() {
        let mut chance = Chance::new(4, 0);
        for bank in [INTRODUCTION, METHODS, RESULTS, DISCUSSION] {
            for template in bank {
                let text = fill(template, &mut chance);
                assert!(
                    text.ends_with(['.', '?']) && !text.contains(['{', '}', '|', '@']),
                    "{text}"
                );
                assert!(text.starts_with(|c: char| c.is_uppercase()), "{text}");
                assert!(!text.contains("  "), "{text}");
            }
        }
    }

    #[test]
    fn a_bank_keeps_its_order_and_ends() {
        let mut bank = Bank::new(&["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        let mut chance = Chance::new(5, 0);
        let given: Vec<String> = std::iter::from_fn(|| bank.sentence(&mut chance)).collect();
        assert!(given.is_sorted() && !given.is_empty());
        assert_eq!(bank.sentence(&mut chance), None);
    }
}
