"""Draw the pictures of docs/costs/adc.md.

Run:    python tools/draw_adc.py SURVEY.csv [--into FOLDER]

SURVEY.csv is that of tools/fit_adc.py. The same pictures come out to the byte as long as neither bitline nor
matplotlib changes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from converter_survey import read_survey
from drawings.converter_costs import kinds, survey
from drawings.style import draw
from fit_adc import area_masks, energy_masks

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images" / "costs"


def main() -> None:
    """Draw both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("survey", type=Path)
    parser.add_argument("--into", type=Path, default=FOLDER)
    asked = parser.parse_args()
    asked.into.mkdir(parents=True, exist_ok=True)
    chips = read_survey(asked.survey)
    fitted = survey(chips, energy_masks(chips)["sar"], area_masks(chips)["sar"])
    print(draw(fitted, asked.into / "adc.svg"), draw(kinds, asked.into / "adc-kinds.svg"), sep="\n")


if __name__ == "__main__":
    main()
