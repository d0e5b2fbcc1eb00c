#!/usr/bin/env bash
# Libraries: PyMuPDF 2.0, pikepdf 10.18.0, pypdf 7.1.1 (Python).
#
# A picture's /Decode says how its samples are to be read: [1 0] turns black into white, as scanners and some radiology software
# write it. It stands beside the JPEG, not in it. Who hands out the JPEG's bytes as they are therefore hands out the negative of what
# the page shows. PyMuPDF's `extract_image` does so, and so does all of pikepdf, `as_pil_image` included, which decodes the picture
# itself; PyMuPDF's `Pixmap(document, xref)` and pypdf obey /Decode. Of a CT the negative looks like another modality.
#
# Seen (grey level of a plain picture of 230; the page shows 25):
#   page 25, extract_image 230, Pixmap 25, pikepdf extract_to 230, pikepdf as_pil_image 230, pypdf 25
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target packages \
    pymupdf==2.0.0 pikepdf==10.18.0 pypdf==7.1.1 pillow==13.0.0

cat >look.py <<'PYTHON'
import io
import warnings

import pikepdf
import pymupdf
import pypdf
from PIL import Image

warnings.simplefilter("ignore")


def grey(picture):
    return picture.convert("L").getpixel((32, 32))


def written():
    jpeg = io.BytesIO()
    Image.new("L", (64, 64), 230).save(jpeg, "JPEG", quality=95)
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(64, 64))
    picture = pikepdf.Stream(pdf, jpeg.getvalue())
    picture.stream_dict = pikepdf.Dictionary(
        Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=64, Height=64, BitsPerComponent=8,
        ColorSpace=pikepdf.Name.DeviceGray, Filter=pikepdf.Name.DCTDecode, Decode=[1, 0])
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=pdf.make_indirect(picture)))
    page.obj.Contents = pdf.make_stream(b"q 64 0 0 64 0 0 cm /P Do Q")
    pdf.save("scan.pdf")


written()
document = pymupdf.open("scan.pdf")
xref = document[0].get_images()[0][0]
read = pikepdf.open("scan.pdf")
held = pikepdf.PdfImage(read.pages[0].images["/P"])
out = io.BytesIO()
held.extract_to(stream=out)
print(
    f"page {document[0].get_pixmap().pixel(32, 32)[0]},",
    f"extract_image {grey(Image.open(io.BytesIO(document.extract_image(xref)['image'])))},",
    f"Pixmap {pymupdf.Pixmap(document, xref).pixel(32, 32)[0]},",
    f"pikepdf extract_to {grey(Image.open(out))},",
    f"pikepdf as_pil_image {grey(held.as_pil_image())},",
    f"pypdf {grey(pypdf.PdfReader('scan.pdf').pages[0].images[0].image)}",
)
PYTHON

PYTHONPATH=packages python3 look.py | tee seen
diff - seen <<'SEEN'
page 25, extract_image 230, Pixmap 25, pikepdf extract_to 230, pikepdf as_pil_image 230, pypdf 25
SEEN
