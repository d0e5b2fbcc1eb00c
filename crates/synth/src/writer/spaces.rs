//! What pictures and pages refer to that a file has once: a colour space with a profile, and layers.

use pdf_writer::writers::{Catalog, ImageXObject};
use pdf_writer::{Finish as _, Name, Pdf, Ref, TextStr};

use super::super::encoding::Layer;

/// Objects of a file; those that nothing refers to are not written.
#[derive(Debug, Clone, Copy)]
pub struct Spaces {
    space: Ref,
    profile: Ref,
    shown: Ref,
    hidden: Ref,
}

impl Spaces {
    pub fn new(mut fresh: impl FnMut() -> Ref) -> Self {
        Self { space: fresh(), profile: fresh(), shown: fresh(), hidden: fresh() }
    }

    /// The colour space that pictures share.
    pub fn shared(&self) -> Ref {
        self.space
    }

    pub fn write_colours(&self, pdf: &mut Pdf) {
        pdf.indirect(self.space).array().item(Name(b"ICCBased")).item(self.profile);
        let bytes = profile();
        pdf.icc_profile(self.profile, &bytes).n(3).alternate_name(Name(b"DeviceRGB"));
    }

    pub fn write_layers(&self, pdf: &mut Pdf) {
        for (id, name) in [(self.shown, "shown"), (self.hidden, "hidden")] {
            let mut group = pdf.indirect(id).dict();
            group.pair(Name(b"Type"), Name(b"OCG")).pair(Name(b"Name"), TextStr(name));
        }
    }

    /// Says which layer is off.
    pub fn catalog(&self, catalog: &mut Catalog<'_>) {
        let mut properties = catalog.insert(Name(b"OCProperties")).dict();
        properties.insert(Name(b"OCGs")).array().items([self.shown, self.hidden]);
        let mut usual = properties.insert(Name(b"D")).dict();
        usual.insert(Name(b"Order")).array().items([self.shown, self.hidden]);
        usual.insert(Name(b"OFF")).array().item(self.hidden);
        usual.finish();
    }

    /// Puts a picture into a layer.
    pub fn layer(&self, image: &mut ImageXObject<'_>, layer: Layer) {
        let key = Name(b"OC");
        let policy = match layer {
            Layer::Shown => {
                image.pair(key, self.shown);
                return;
            }
            Layer::Hidden => {
                image.pair(key, self.hidden);
                return;
            }
            Layer::AnyOff => Some(Name(b"AnyOff")),
            Layer::AnyOn => Some(Name(b"AnyOn")),
            Layer::AllOff => Some(Name(b"AllOff")),
            Layer::Not | Layer::And => None,
        };
        let mut membership = image.insert(key).dict();
        membership.pair(Name(b"Type"), Name(b"OCMD"));
        if let Some(policy) = policy {
            membership.insert(Name(b"OCGs")).array().items([self.shown, self.hidden]);
            membership.pair(Name(b"P"), policy);
            return;
        }
        let mut says = membership.insert(Name(b"VE")).array();
        if layer == Layer::And {
            says.item(Name(b"And")).item(self.shown);
            says.push().array().item(Name(b"Not")).item(self.hidden);
        } else {
            says.item(Name(b"Not")).item(self.hidden);
        }
    }
}

/// An ICC profile of a display with the primaries of sRGB, at D50, and a gamma of 2.2 (ICC.1:2001-04, 6.3.1.2).
fn profile() -> Vec<u8> {
    const TAGS: [(&[u8; 4], [i32; 3]); 4] = [
        (b"wtpt", [0xf6d6, 0x1_0000, 0xd32d]),
        (b"rXYZ", [0x6fa2, 0x38f5, 0x0390]),
        (b"gXYZ", [0x6299, 0xb785, 0x18da]),
        (b"bXYZ", [0x24a0, 0x0f84, 0xb6cf]),
    ];
    const CURVES: [&[u8; 4]; 3] = [b"rTRC", b"gTRC", b"bTRC"];
    let count = TAGS.len() + CURVES.len();
    let start = 128 + 4 + 12 * count;
    let curve = start + 20 * TAGS.len();
    let mut table = (count as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    for (index, (name, values)) in TAGS.iter().enumerate() {
        table.extend(*name);
        table.extend([(start + 20 * index) as u32, 20].iter().flat_map(|n| n.to_be_bytes()));
        data.extend(b"XYZ \0\0\0\0");
        data.extend(values.iter().flat_map(|n| n.to_be_bytes()));
    }
    for name in CURVES {
        table.extend(name);
        table.extend([curve as u32, 14].iter().flat_map(|n| n.to_be_bytes()));
    }
    data.extend(b"curv\0\0\0\0\0\0\0\x01\x02\x33\0\0");
    let mut header = vec![0; 128];
    header[..4].copy_from_slice(&((start + data.len()) as u32).to_be_bytes());
    header[8..12].copy_from_slice(&[2, 0x10, 0, 0]);
    header[12..24].copy_from_slice(b"mntrRGB XYZ ");
    header[36..40].copy_from_slice(b"acsp");
    let white = TAGS[0].1;
    header[68..80].copy_from_slice(&white.map(i32::to_be_bytes).concat());
    [header, table, data].concat()
}
