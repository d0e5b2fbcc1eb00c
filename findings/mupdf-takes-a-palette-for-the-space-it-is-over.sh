#!/usr/bin/env bash
# Library: MuPDF 1.27.2 (PyMuPDF 1.27.2.3), and MuPDF 1.28 (PyMuPDF 2.0), where it is mended.
#
# A PDF picture may have a palette in its own dictionary, [/Indexed 5 0 R 255 ...], over a colour space that is an object. MuPDF 1.27.2
# keeps such a space under the number of the object that it is over, as it does for [/ICCBased 5 0 R], where that is right. So the
# palette goes by the name of the space below it, and whichever of the two is met first is taken for both: behind a picture that uses
# 5 0 R directly, the palette's numbers are taken for grey levels, and a picture with few colours is nearly black. No warning is given.
# The same file is right if the picture with the palette is drawn alone.
#
# Seen (mean grey level of a picture whose 16 colours are grey levels from 60 to 135; "first" is drawn before it, over the same space):
#   1.27.2: alone 97, behind first 2
#   1.28:   alone 97, behind first 97
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >look.py <<'PY'
import sys
import pymupdf

# A space that is an object, a picture that uses it, and a picture with a palette of 16 colours over it.
def pdf(first):
    drawn = b"q 80 0 0 80 100 100 cm /B Do Q"
    if first:
        drawn = b"q 80 0 0 80 10 100 cm /A Do Q " + drawn
    palette = b"".join(b"%02x" % (60 + 5 * i) for i in range(16))
    grey, coloured = bytes([100] * 256), bytes(i // 16 for i in range(256))
    picture = b"<< /Type /XObject /Subtype /Image /Width 16 /Height 16 /BitsPerComponent 8 /ColorSpace %s /Length 256 >>\nstream\n%s\nendstream"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << /XObject << /A 6 0 R /B 7 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"[/CalGray << /WhitePoint [0.9505 1 1.089] /Gamma 2.2 >>]",
        picture % (b"5 0 R", grey),
        picture % (b"[/Indexed 5 0 R 15 <%s>]" % palette, coloured),
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)

def mean(first):
    page = pymupdf.open("pdf", pdf(first))[0]
    shown = page.get_pixmap(colorspace=pymupdf.csGRAY, clip=pymupdf.Rect(105, 25, 175, 95))
    return round(sum(shown.samples) / len(shown.samples))

print(f"alone {mean(False)}, behind first {mean(True)}")
PY
seen() { # seen VERSION
    python3 -m venv "v$1" >/dev/null
    "v$1/bin/pip" install --quiet --disable-pip-version-check "pymupdf==$1"
    "v$1/bin/python" look.py
}
old=$(seen 1.27.2.3) new=$(seen 2.0)
echo "MuPDF 1.27.2: $old"
echo "MuPDF 1.28:   $new"
python3 - "$old" "$new" <<'PY'
import re, sys
(alone, behind), (alone_new, behind_new) = (map(int, re.findall(r"\d+", text)) for text in sys.argv[1:])
sys.exit(not (behind * 4 < alone and abs(alone_new - behind_new) <= 1))
PY
