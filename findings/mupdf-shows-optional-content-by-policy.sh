#!/usr/bin/env bash
# Library: MuPDF 1.27.2 (PyMuPDF 1.27.2.3) and MuPDF 1.28 (PyMuPDF 2.0).
#
# A picture's /OC entry may be a membership dictionary: its policy /P says which of its groups must be on or off for it to be shown, or an
# expression /VE does. Of two groups, one on and one off, AnyOn and AnyOff show and AllOn and AllOff hide, by ISO 32000-1, 8.11.2.2.
# MuPDF goes by AnyOn and AllOff alone: AllOn shows, AnyOff hides, and an expression is not looked at.
#
# Seen, in both versions (whether a black square is drawn; right: yes, yes, no, no, no):
#   AnyOn: yes, AnyOff: no, AllOn: yes, AllOff: no, VE [And on off]: yes
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >look.py <<'PY'
import pymupdf

def pdf(membership):
    drawn = b"/OC /L BDC 0 g 10 10 80 80 re f EMC"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [5 0 R 6 0 R] /D << /ON [5 0 R] /OFF [6 0 R] >> >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /Properties << /L 7 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /OCG /Name (on) >>",
        b"<< /Type /OCG /Name (off) >>",
        b"<< /Type /OCMD %s >>" % membership,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)

def shown(membership):
    page = pymupdf.open("pdf", pdf(membership))[0]
    return "yes" if page.get_pixmap(colorspace=pymupdf.csGRAY).pixel(50, 50)[0] < 128 else "no"

groups = b"/OCGs [5 0 R 6 0 R] /P /%s"
cases = {name: groups % name.encode() for name in ("AnyOn", "AnyOff", "AllOn", "AllOff")}
cases["VE [And on off]"] = b"/VE [/And 5 0 R 6 0 R]"
print(", ".join(f"{name}: {shown(membership)}" for name, membership in cases.items()))
PY
seen() { # seen VERSION
    python3 -m venv "v$1" >/dev/null
    "v$1/bin/pip" install --quiet --disable-pip-version-check "pymupdf==$1"
    "v$1/bin/python" look.py
}
old=$(seen 1.27.2.3) new=$(seen 2.0)
echo "MuPDF 1.27.2: $old"
echo "MuPDF 1.28:   $new"
wanted='AnyOn: yes, AnyOff: no, AllOn: yes, AllOff: no, VE [And on off]: yes'
[ "$old" = "$wanted" ] && [ "$new" = "$wanted" ]
