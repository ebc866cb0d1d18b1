"""How the documentation is built; the reference of chip descriptions is written from the dataclasses themselves."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from bitline.engines.kinds import engine_kinds
from bitline.hardware import chip_reference

HERE = Path(__file__).parent

project = "Bitline"
author = "the Bitline authors"
release = importlib.metadata.version("bitline")
extensions = ["myst_parser", "sphinx.ext.mathjax", "sphinx-mathjax-offline"]
exclude_patterns = ["_build", "examples"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Bitline"
nitpicky = True

(HERE / "generated").mkdir(exist_ok=True)
(HERE / "generated" / "description.md").write_text(chip_reference(engine_kinds()), encoding="utf-8")
