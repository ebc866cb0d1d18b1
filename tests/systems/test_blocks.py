"""Lists of blocks beside a system are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitline.errors import ConfigError
from bitline.systems import blocks as reader
from bitline.systems.blocks import load_blocks


def test_a_list_is_read_as_written() -> None:
    held = load_blocks("wtm2101/nine-blocks")
    assert (len(held.blocks), held.bias_rows) == (9, 16)
    assert (held.blocks[3].rows, held.blocks[3].columns, held.blocks[3].bias_rows) == (706, 384, 4)
    assert "Fig. 7" in held.source


def test_an_unknown_list_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Nearest: 'wtm2101/nine-blocks'"):
        load_blocks("wtm2101/nine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"source": "a", "bias_rows": 1, "blocks": [{"name": "a", "rows": 1}]}', r"blocks\.0\.columns is missing"),
        ('{"source": "a", "bias_rows": "1", "blocks": []}', r"bias_rows = '1' is not"),
        ('{"source": "a", "bias_row": 1, "blocks": []}', r"bias_row is not a known key.*Nearest: 'bias_rows'"),
    ],
)
def test_a_wrong_list_names_its_place(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "wrong-blocks.json").write_text(text)
    monkeypatch.setattr(reader, "FOLDER", tmp_path)
    with pytest.raises(ConfigError, match=message):
        load_blocks("mine/wrong-blocks")
