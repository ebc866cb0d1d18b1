"""Words that stand for several chips."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitline.errors import ConfigError
from bitline.systems import chip_names, chosen, system_names


def test_all_is_every_complete_system():
    found = chosen(["all"])
    assert set(found) == {name for name in system_names() if "/" not in name}
    assert "macros/jia-2020" in system_names()
    assert not {"macros/jia-2020", "a100/genz", "mi300x"} & set(found)


def test_a_star_does_not_reach_over_a_slash():
    assert chosen(["cambricon-*"]) == ("cambricon-llm-l", "cambricon-llm-m", "cambricon-llm-s")
    variants = chosen(["a100/*"])
    assert "a100/genz" in variants
    assert all(name.startswith("a100/") for name in variants)
    assert set(chosen(["*"])) == {name for name in chip_names() if "/" not in name}


def test_each_once_in_the_order_asked_for():
    assert chosen(["xformer", "h[12]00", "xformer", "h200"]) == ("xformer", "h100", "h200")
    assert chosen(["./mine.yaml", Path("a*b")]) == ("./mine.yaml", Path("a*b")), "paths are left alone"


def test_a_pattern_without_a_name_is_an_error():
    with pytest.raises(ConfigError, match=r"chip = 'h10\?0' is not one of .*\ball\b.* Nearest: 'h100'"):
        chosen(["h10?0"])


def test_groups_of_all_that_a_pattern_names():
    assert chosen(["cambricon-*@2x4"]) == ("cambricon-llm-l@2x4", "cambricon-llm-m@2x4", "cambricon-llm-s@2x4")
    assert chosen(["all@8"]) == tuple(f"{name}@8" for name in chosen(["all"]))
    assert chosen(["h100@8"]) == ("h100@8",)
    with pytest.raises(ConfigError, match=r"chip = 'h\?00@2x' is not NAME@TENSOR"):
        chosen(["h?00@2x"])
    with pytest.raises(ConfigError, match=r"chip = 'zz\*@2' is not one of"):
        chosen(["zz*@2"])
