"""Installs a wheel into an empty virtual environment and does what python/README.md says, for `make test-wheel`.

Nothing but the wheel is there: no Rust, no other package, no network.

Usage: test_wheel.py WHEELS FOLDER SHARED
"""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Seconds that a paper may take here; the figure that is told says what it took.
SLOW = 10


def snippet() -> str:
    """The first Python of the README."""
    return re.search(r"```python\n(.*?)```", (ROOT / "python" / "README.md").read_text(), re.S)[1]


CHECKS = r'''
import json, sys, time
import covid_ct

assert covid_ct.version(), "a version"
folder, papers = sys.argv[1], sys.argv[2:]
paper = folder + "/paper.pdf"
found = covid_ct.figures(paper)
assert found and all(figure["caption_page"] is None or figure["caption_page"] >= 1 for figure in found)
pictures = [image["picture"] for figure in found for image in figure["images"]]
assert pictures and all(p[:4] == b"\x89PNG" or p[:2] == b"\xff\xd8" for p in pictures), "PNG or JPEG"
assert covid_ct.figures(open(paper, "rb").read(), pictures=None) == [
    {**figure, "file": "paper.pdf", "images": [{k: v for k, v in i.items() if k != "picture"} for i in figure["images"]]}
    for figure in found
], "bytes give what the file gives"
rendered = covid_ct.figures(paper, render=True, pictures=None)
assert any(i["origin"] == "rendered" for figure in rendered for i in figure["images"]), "one is drawn"
for broken, why in [(b"%PDF-1.4 nothing", ""), (open(folder + "/endless.pdf", "rb").read(), "")]:
    try:
        covid_ct.figures(broken, timeout=2)
        raise SystemExit("a hostile document was read")
    except covid_ct.ReadError as error:
        assert str(error), "it says why"
try:
    covid_ct.figures(folder + "/gone.pdf")
    raise SystemExit("a file that is not there was read")
except FileNotFoundError:
    pass
try:
    import PIL  # noqa: F401
except ImportError:
    print("skipped: Pillow is not in this environment")
else:
    assert covid_ct.figures(paper, pictures="pil")[0]["images"][0]["picture"].size
took = []
for paper in papers:
    start = time.monotonic()
    covid_ct.figures(paper)
    took.append(time.monotonic() - start)
print(json.dumps(took))
'''


def main() -> None:
    wheels, folder, shared = Path(sys.argv[1]), Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
    [wheel] = wheels.glob("covid_ct-*.whl")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Without pip in it: on Debian that would take one more system package.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-index", "--no-deps", wheel], check=True)
    # Nothing of the checkout is found by chance.
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}

    def run(*command, **more) -> subprocess.CompletedProcess:
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, **more)
        if ran.returncode:
            sys.exit(f"{command}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
        return ran

    program = folder / "venv" / "bin" / "covid-ct"
    run(program, "synth", "synth", "--papers", "1")
    [paper] = (folder / "synth" / "pdf").glob("*.pdf")
    shutil.copy(paper, folder / "paper.pdf")
    (folder / "endless.pdf").write_bytes(endless())
    told = run(python, "-c", snippet()).stdout
    assert "Figure 1" in told and " bytes" in told, told
    print("README's snippet:", told.splitlines()[0])

    # The worker has given up what it must, there as in a checkout.
    run(program, "--workspace", "workspace", "ingest", "paper.pdf")
    doctor = json.loads(run(program, "--workspace", "workspace", "doctor", "--json").stdout)
    tried = doctor["isolation"]["tried"]
    print("isolation:", json.dumps(tried)[:200])
    assert doctor["problems"] == [], doctor["problems"]

    papers = sorted((shared / "data" / "preprints").glob("*.pdf"))[:5]
    if not papers:
        print("skipped: no real papers here")
    *lines, took = run(python, "-c", CHECKS, folder, *papers).stdout.splitlines()
    print(*lines, sep="\n")
    took = json.loads(took)
    print("seconds for a real paper:", ", ".join(f"{seconds:.2f}" for seconds in took))
    assert all(seconds < SLOW for seconds in took), took
    ray = subprocess.run([folder / "venv" / "bin" / "covid-ct-ray", "list", "--out", "x"], env=environment, capture_output=True, text=True)
    assert ray.returncode == 2 and "pip install covid-ct[ray]" in ray.stderr, ray.stderr
    check_tag(wheel)


def endless() -> bytes:
    """A page of ten forms, each of which draws the next ten times: 10^10 letters."""
    forms = [f"/F{n} {n + 6} 0 R" for n in range(10)]
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    objects.append("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</XObject<</F0 6 0 R>>>>>>")

    def stream(text: str, more: str = "") -> str:
        return f"<<{more}/Length {len(text)}>>\nstream\n{text}\nendstream"

    objects.append(stream("/F0 Do"))
    objects.append("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    for number in range(10):
        last = number == 9
        inside = "BT /T 9 Tf (endless) Tj ET " if last else f"/F{number + 1} Do "
        resources = "/Font<</T 5 0 R>>" if last else f"/XObject<<{forms[number + 1]}>>"
        head = f"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<<{resources}>>"
        objects.append(stream(inside * 10, head))
    text, places = "%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(text)
    text += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n" + "".join(f"{place:010} 00000 n \n" for place in places)
    text += f"trailer\n<</Size {len(places) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    return text.encode("latin-1")


def check_tag(wheel: Path) -> None:
    """auditwheel, where it is, must find the tag true."""
    audited = subprocess.run([sys.executable, "-m", "auditwheel", "show", wheel], capture_output=True, text=True)
    if audited.returncode:
        print("skipped: auditwheel is not here to judge the tag")
        return
    tag = re.search(r"manylinux_\d+_\d+_\w+?(?=\.whl)", wheel.name)[0]
    told = " ".join(audited.stdout.split())
    print("auditwheel:", told[:200])
    assert tag in told, told


if __name__ == "__main__":
    start = time.monotonic()
    main()
    print(f"the wheel works ({time.monotonic() - start:.0f} s)")
