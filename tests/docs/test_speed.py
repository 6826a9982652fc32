"""The guide to speed: its numbers are those that were measured."""

import subprocess
import sys
from xml.etree import ElementTree as ET

PHONE = 360
SVG = "{http://www.w3.org/2000/svg}"


def test_its_tables_and_its_plot_are_made_from_the_data(root):
    script, page, data = "benchmarks/page.py", "docs/guides/speed.md", "docs/bench.json"
    done = subprocess.run(
        [sys.executable, script, "--check", page, data],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_its_plot_fits_a_phone_and_loads_nothing(root):
    picture = ET.parse(root / "docs/guides/speed.svg").getroot()
    assert int(picture.get("width")) <= PHONE
    assert picture.get("viewBox") == f"0 0 {picture.get('width')} {picture.get('height')}"
    assert [one for one in picture.iter() if any("href" in name for name in one.attrib)] == []
    assert "url(" not in picture.find(f"{SVG}style").text
    assert all(float(one.get("x")) < PHONE for one in picture.iter(f"{SVG}text"))
