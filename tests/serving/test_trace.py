"""Traces: what is read, and one clear error for each way in which a file can be wrong."""

from __future__ import annotations

import pytest

from bitline.errors import ConfigError, DataError
from bitline.serving import Lengths, poisson, read_trace, resampled

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def test_dates_and_seconds(tmp_path):
    file = tmp_path / "trace.csv"
    file.write_text(HEADER + "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n\n")
    read = read_trace(file)
    assert read.arrival_s.tolist() == pytest.approx([0.0, 0.052])
    assert (read.prompt.tolist(), read.generate.tolist()) == ([4808, 3180], [10, 8])
    file.write_text("GeneratedTokens,x,timestamp,ContextTokens\n5,,100.5,7\n6,,101,8\n")
    read = read_trace(file)
    assert read.arrival_s.tolist() == pytest.approx([0.0, 0.5])
    assert (read.prompt.tolist(), read.generate.tolist()) == ([7, 8], [5, 6])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column TIMESTAMP in an empty first line"),
        ("TIMESTAMP,ContextTokens\n1,2\n", "no column GeneratedTokens in TIMESTAMP, ContextTokens"),
        (HEADER, "it has no requests"),
        (HEADER + "1,2,3\n0.5,2,3\n", "request 2 is earlier than the one before it"),
        (HEADER + "1,2,3\n2,-4,3\n", r"line 3: ContextTokens = '-4' is not in 1\.\."),
        (HEADER + "1,2,0\n", r"line 2: GeneratedTokens = '0' is not in 1\.\."),
        (HEADER + "1,2,3.5\n", "line 2: GeneratedTokens = '3.5' is not a whole number"),
        (HEADER + "1,2,3\n2,5\n", "line 3 has 2 of 3 cells; is the file cut off"),
        (HEADER + "yesterday,2,3\n", "line 2: TIMESTAMP = 'yesterday' is not a date"),
        (HEADER + "nan,2,3\n", "TIMESTAMP = 'nan' is not finite"),
        (HEADER + "1,2,3\n2023-11-16 18:17:03,2,3\n", "some times are dates and some are seconds"),
        (HEADER + "2023-11-16 18:17:03,2,3\n2023-11-16 18:17:03+00:00,2,3\n", "some times have a time zone"),
        (HEADER + '1,2,"3\n', "unexpected end of data"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path, text, said):
    file = tmp_path / "trace.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=said) as error:
        read_trace(file)
    assert str(error.value).startswith(str(file))


def test_files_that_are_no_text(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_trace(tmp_path / "none.csv")
    with pytest.raises(DataError, match="directory"):
        read_trace(tmp_path)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x01" * 9)
    with pytest.raises(DataError, match="decode"):
        read_trace(tmp_path / "bytes.csv")


def test_the_published_traces(shared):
    # Rows, rates and means as the traces' own notes give them.
    known = {"code": (8819, 2.567, 2047.8, 27.9), "conv": (19366, 5.530, 1154.7, 211.1)}
    for name, (requests, rate_hz, prompt, generate) in known.items():
        read = read_trace(shared / f"data/azure_llm_traces/AzureLLMInferenceTrace_{name}.csv")
        assert read.requests == requests
        assert read.rate_hz == pytest.approx(rate_hz, rel=1e-3)
        assert read.prompt.mean() == pytest.approx(prompt, rel=1e-3)
        assert read.generate.mean() == pytest.approx(generate, rel=2e-3)


def test_poisson_has_the_rate_and_the_lengths_asked_for():
    load = poisson(4.0, 40_000, prompt=Lengths(mean_tokens=600, spread_fraction=0.7), generate=Lengths(mean_tokens=9))
    assert load.rate_hz == pytest.approx(4.0, rel=0.03)
    gaps = load.arrival_s[1:] - load.arrival_s[:-1]
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.03)
    assert load.prompt.mean() == pytest.approx(600, rel=0.02)
    assert load.prompt.std() == pytest.approx(420, rel=0.05)
    assert set(load.generate.tolist()) == {9}


def test_seeds_decide_everything():
    lengths = {"prompt": Lengths(mean_tokens=60, spread_fraction=1), "generate": Lengths(mean_tokens=9)}
    one, same, other = (poisson(4.0, 50, **lengths, seed=seed) for seed in (3, 3, 4))
    assert (one.arrival_s == same.arrival_s).all()
    assert (one.prompt == same.prompt).all()
    assert (one.arrival_s != other.arrival_s).any()
    faster = poisson(8.0, 50, **lengths, seed=3)
    assert (faster.prompt == one.prompt).all()
    assert faster.arrival_s == pytest.approx(one.arrival_s / 2)
    drawn = resampled(one, 2.0, 500, seed=1)
    assert set(zip(drawn.prompt, drawn.generate, strict=True)) <= set(zip(one.prompt, one.generate, strict=True))


def test_what_cannot_be_drawn():
    length = Lengths(mean_tokens=5)
    with pytest.raises(ConfigError, match="rate = 0"):
        poisson(0.0, 5, prompt=length, generate=length)
    with pytest.raises(ConfigError, match="requests = 0"):
        poisson(1.0, 0, prompt=length, generate=length)
    with pytest.raises(ConfigError, match="seed"):
        poisson(1.0, 5, prompt=length, generate=length, seed=-1)
    with pytest.raises(ConfigError, match="mean_tokens"):
        Lengths(mean_tokens=0.5)
    with pytest.raises(ConfigError, match="spread_fraction"):
        Lengths(mean_tokens=5, spread_fraction=-1)
    with pytest.raises(ConfigError, match="requests = 9"):
        poisson(1.0, 5, prompt=length, generate=length).first(9)
