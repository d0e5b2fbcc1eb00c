#!/usr/bin/env bash
# Packages: PyMuPDF 2.0.0, pypdfium2 5.15.2, pypdf 7.1.1.
#
# A page that shows each glyph at a place of its own, words a quarter of the font's size apart and without blanks, is read as words:
# a gap behind where a glyph ends is a blank. Where a glyph ends these readers take from the font's /Widths alone. Some fonts for
# Chinese tell an em for every Latin letter, and the page sets the letters as close as they are drawn. Then each glyph ends far
# behind where the next begins, no gap is seen, and whole paragraphs come out as one word, though the same glyphs stand at the same places.
# The places tell it: how near others follow a letter is how wide it is, and what follows further off begins a word.
#
# Seen:
#   widths as drawn: PyMuPDF, pypdfium2 and pypdf read 9 words
#   an em each:      PyMuPDF, pypdfium2 and pypdf read 1 word
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pymupdf==2.0.0 pypdfium2==5.15.2 pypdf==7.1.1
cd "$folder"
cat >read.py <<'PY'
import io

import pymupdf
import pypdf
import pypdfium2

TEXT = "Results of the chest scans of patients with fever"
NARROW = {"i": 250, "l": 250, "t": 250, "f": 250, "r": 333, " ": 250}


def drawn(letter):
    return NARROW.get(letter, 550)


def page(told):
    x, shown = 50.0, []
    for letter in TEXT:
        if letter != " ":
            shown.append(f"1 0 0 1 {x:.3f} 700 Tm ({letter}) Tj")
        x += 12 * drawn(letter) / 1000
    content = ("BT /F 12 Tf " + " ".join(shown) + " ET").encode()
    widths = " ".join(str(told(chr(code))) for code in range(32, 127)).encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar 32/LastChar 126/Widths[%s]>>" % widths,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + rows + tail


def words(pdf):
    return [
        len(pymupdf.open(stream=pdf, filetype="pdf")[0].get_text().split()),
        len(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range().split()),
        len(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split()),
    ]


true, full = words(page(drawn)), words(page(lambda _: 1000))
print("widths as drawn:", true, "words; an em each:", full)
assert true == [9, 9, 9] and full == [1, 1, 1], "this has changed"
PY
"$folder/venv/bin/python" read.py
