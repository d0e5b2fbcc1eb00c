#!/usr/bin/env python3
"""Prints how many papers the cross-check suspects, beside how many may be suspected. Called by score.sh.

    score_suspects.py NAME FOLDER PREDICTED MOST [NAME FOLDER PREDICTED MOST]...

FOLDER holds the PDFs, or is several folders joined by colons; PREDICTED is what `covid-ct figures --json` prints
of them; MOST is the largest share of the papers that may be suspects, since they are read right, or `-` where they
are faulty: then how many are told is printed, and which kinds. Exit code 1 where there are more than that.
"""
import collections
import json
import os
import sys


def papers(folders):
    """Base names of the PDFs below the folders."""
    names = set()
    for folder in folders.split(":"):
        for _, _, files in os.walk(folder):
            names.update(name for name in files if name.lower().endswith(".pdf"))
    return names


def suspects(path):
    """The suspects that count of each file."""
    found = collections.defaultdict(list)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            for suspect in record.get("suspects", []):
                if suspect["gravity"] != "note":
                    found[record["file"]].append(suspect)
    return found


def main():
    rest = sys.argv[1:]
    missed = 0
    print(f"{'suspects':<34}{'of':>6}{'reached':>10}{'wanted':>9}")
    for name, folders, predicted, most in zip(rest[::4], rest[1::4], rest[2::4], rest[3::4]):
        all_papers, found = papers(folders), suspects(predicted)
        told = len(found)
        allowed = None if most == "-" else int(float(most) * len(all_papers))
        over = allowed is not None and told > allowed
        missed += over
        what = "told" if allowed is None else "false alarms"
        wanted = "-" if allowed is None else f"<={allowed}"
        print(f"{name:<14}{what:<20}{len(all_papers):>6}{told:>10}{wanted:>9}{'  missed' if over else ''}")
        kinds = collections.Counter(suspect["kind"] for listed in found.values() for suspect in listed)
        for kind, count in sorted(kinds.items()):
            print(f"  {kind:<32}{'':>6}{count:>10}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
