//! The tables of a shard and their columns: the one place that names them. docs/shards.md is held to it by a test.
//!
//! Pages count from 1, ordinals from 0. Boxes are `x0, y0, x1, y1` in points of the page as displayed, origin top left.

/// What a column holds. In Parquet: `BYTE_ARRAY` (UTF8), INT64, FLOAT, BOOLEAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    Real,
    Truth,
}

impl Kind {
    /// As docs/shards.md calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Int => "int64",
            Self::Real => "float",
            Self::Truth => "boolean",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether a value may be missing.
    pub optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The file is called so, with `.parquet`.
    pub name: &'static str,
    pub columns: &'static [Column],
}

impl Table {
    pub fn file(&self) -> String {
        format!("{}.parquet", self.name)
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: false }
}

const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}

const fn int(name: &'static str) -> Column {
    column(name, Kind::Int)
}

const fn real(name: &'static str) -> Column {
    column(name, Kind::Real)
}

const fn maybe(of: Column) -> Column {
    Column { optional: true, ..of }
}

/// The place of the document within the shard, in the order of paths.
const DOCUMENT: Column = int("document");

/// One row a document, those that failed included.
pub const DOCUMENTS: Table = Table {
    name: "documents",
    columns: &[
        DOCUMENT,
        text("sha256"),
        text("path"),
        text("status"),
        int("extractor"),
        int("pages"),
        text("name"),
        text("version"),
        text("server"),
        text("doi"),
        text("title"),
        text("posted"),
        text("licence"),
        text("category"),
        text("abstract"),
    ],
};

pub const PAGES: Table = Table {
    name: "pages",
    columns: &[
        DOCUMENT,
        int("number"),
        real("width"),
        real("height"),
        int("rotation"),
        text("text"),
    ],
};

pub const IMAGES: Table = Table {
    name: "images",
    columns: &[
        DOCUMENT,
        int("image"),
        maybe(int("xref")),
        int("page"),
        text("sha256"),
        text("extension"),
        text("object"),
        int("width"),
        int("height"),
        text("colour_space"),
        text("filter"),
        text("origin"),
        Column { name: "furniture", kind: Kind::Truth, optional: false },
        maybe(int("tile_of")),
        maybe(text("file_name")),
    ],
};

pub const PLACEMENTS: Table = Table {
    name: "placements",
    columns: &[
        DOCUMENT,
        int("image"),
        int("placement"),
        int("page"),
        real("a"),
        real("b"),
        real("c"),
        real("d"),
        real("e"),
        real("f"),
        real("x0"),
        real("y0"),
        real("x1"),
        real("y1"),
        maybe(real("clip_x0")),
        maybe(real("clip_y0")),
        maybe(real("clip_x1")),
        maybe(real("clip_y1")),
    ],
};

pub const OVERLAYS: Table = Table {
    name: "overlays",
    columns: &[
        DOCUMENT,
        int("image"),
        int("placement"),
        text("kind"),
        text("text"),
        real("x0"),
        real("y0"),
        real("x1"),
        real("y1"),
    ],
};

pub const FIGURES: Table = Table {
    name: "figures",
    columns: &[
        DOCUMENT,
        int("figure"),
        maybe(text("label")),
        text("kind"),
        text("caption"),
        maybe(int("caption_page")),
        maybe(real("caption_x0")),
        maybe(real("caption_y0")),
        maybe(real("caption_x1")),
        maybe(real("caption_y1")),
        maybe(int("page")),
        maybe(real("x0")),
        maybe(real("y0")),
        maybe(real("x1")),
        maybe(real("y1")),
        text("pairing"),
        real("confidence"),
        maybe(text("composition")),
    ],
};

/// Where figures stand besides their own page and box.
pub const REGIONS: Table = Table {
    name: "regions",
    columns: &[
        DOCUMENT,
        int("figure"),
        int("region"),
        text("role"),
        int("page"),
        real("x0"),
        real("y0"),
        real("x1"),
        real("y1"),
    ],
};

/// Which placements of images are in which figure.
pub const FIGURE_IMAGES: Table = Table {
    name: "figure_images",
    columns: &[DOCUMENT, int("figure"), maybe(int("region")), int("image"), int("placement")],
};

/// The panels a figure names, and what its caption says of each.
pub const SUB_CAPTIONS: Table = Table {
    name: "sub_captions",
    columns: &[
        DOCUMENT,
        int("figure"),
        text("letter"),
        text("text"),
        maybe(int("page")),
        maybe(real("x0")),
        maybe(real("y0")),
        maybe(real("x1")),
        maybe(real("y1")),
        maybe(int("pixel_x0")),
        maybe(int("pixel_y0")),
        maybe(int("pixel_x1")),
        maybe(int("pixel_y1")),
    ],
};

pub const MENTIONS: Table = Table {
    name: "mentions",
    columns: &[DOCUMENT, int("figure"), int("page"), text("sentence"), text("panels")],
};

pub const SUSPECTS: Table = Table {
    name: "suspects",
    columns: &[DOCUMENT, text("kind"), maybe(int("page")), maybe(text("label")), text("reason")],
};

pub const WARNINGS: Table = Table { name: "warnings", columns: &[DOCUMENT, text("text")] };

/// Entries of the list that could not be read. `document` is missing where not even the bytes could be had.
pub const FAILURES: Table = Table {
    name: "failures",
    columns: &[maybe(DOCUMENT), text("path"), maybe(text("sha256")), text("cause"), text("error")],
};

/// All of them.
pub const TABLES: [Table; 13] = [
    DOCUMENTS,
    PAGES,
    IMAGES,
    PLACEMENTS,
    OVERLAYS,
    FIGURES,
    REGIONS,
    FIGURE_IMAGES,
    SUB_CAPTIONS,
    MENTIONS,
    SUSPECTS,
    WARNINGS,
    FAILURES,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of a table, as the document lists them: `| name | type | …`, a type that may be missing with `?`.
    fn described(text: &str, table: &str) -> Vec<(String, String)> {
        let start = text.find(&format!("### {table}\n")).expect(table);
        text[start..]
            .lines()
            .skip(1)
            .take_while(|line| !line.starts_with('#'))
            .filter_map(|line| line.strip_prefix("| `"))
            .map(|line| {
                let mut cells = line.split('|').map(str::trim);
                let name = cells.next().expect("a name").trim_end_matches('`');
                (name.to_owned(), cells.next().expect("a type").to_owned())
            })
            .collect()
    }

    #[test]
    fn the_document_lists_every_column() {
        let text = include_str!("../../../docs/shards.md");
        for table in TABLES {
            let columns: Vec<(String, String)> = table
                .columns
                .iter()
                .map(|column| {
                    let missing = if column.optional { "?" } else { "" };
                    (column.name.to_owned(), format!("{}{missing}", column.kind.word()))
                })
                .collect();
            assert_eq!(described(text, table.name), columns, "{}", table.name);
        }
    }
}
