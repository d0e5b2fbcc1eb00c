//! Small PDFs set by hand, for tests.

use super::{Document, Page};

/// A file in the making; objects are numbered from 1.
#[derive(Debug, Clone)]
pub struct Pdf {
    objects: Vec<Vec<u8>>,
}

impl Pdf {
    /// One page of 100 x 100 points with this content. Objects 1 to 4 are catalog, page tree, page
    /// and content; `resources` and `entries` go into the page's dictionaries.
    pub fn page(content: &str, resources: &str, entries: &str) -> Self {
        Self { objects: Vec::new() }
            .with("<</Type/Catalog/Pages 2 0 R>>", None)
            .with("<</Type/Pages/Kids[3 0 R]/Count 1>>", None)
            .with(
                &format!(
                    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R
                      /Resources<<{resources}>>{entries}>>"
                ),
                None,
            )
            .with(&format!("<</Length {}>>", content.len()), Some(content.as_bytes()))
    }

    /// Adds the next object.
    #[must_use]
    pub fn with(mut self, dictionary: &str, stream: Option<&[u8]>) -> Self {
        let mut object = dictionary.as_bytes().to_vec();
        if let Some(stream) = stream {
            object.extend(b"\nstream\n");
            object.extend(stream);
            object.extend(b"\nendstream");
        }
        self.objects.push(object);
        self
    }

    /// Adds an image object of this dictionary and data.
    #[must_use]
    pub fn with_image(self, entries: &str, data: &[u8]) -> Self {
        let head = format!("<</Type/XObject/Subtype/Image/Length {}{entries}>>", data.len());
        self.with(&head, Some(data))
    }

    /// Puts a stream in the place of object `number`.
    #[must_use]
    pub fn with_stream_in_place(mut self, number: usize, stream: &[u8]) -> Self {
        self = self.with(&format!("<</Length {}>>", stream.len()), Some(stream));
        self.objects.swap_remove(number - 1);
        self
    }

    /// Puts another object in the place of `number`.
    #[must_use]
    pub fn replacing(mut self, number: usize, dictionary: &str) -> Self {
        self.objects[number - 1] = dictionary.as_bytes().to_vec();
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut pdf = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        for (index, object) in self.objects.iter().enumerate() {
            offsets.push(pdf.len());
            pdf.extend(format!("{} 0 obj\n", index + 1).bytes());
            pdf.extend(object);
            pdf.extend(b"\nendobj\n");
        }
        let (xref, size) = (pdf.len(), offsets.len() + 1);
        pdf.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
        for offset in &offsets {
            pdf.extend(format!("{offset:010} 00000 n \n").bytes());
        }
        pdf.extend(
            format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n").bytes(),
        );
        pdf
    }

    /// The page, read.
    pub fn read_page(&self) -> Page {
        Document::open(&self.bytes()).expect("opens").page(1).expect("page")
    }
}
