"""Blocks on one array: by hand, against trying every place, and against bounds that need no search."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.mapping.packing import Block, Floor, Packing, Spot, cells_used, faults, in_order, pack


def blocks(*sizes: tuple[int, ...]) -> list[Block]:
    return [
        Block(name=f"b{i}", rows=rows, columns=columns, bias_rows=sum(bias))
        for i, (rows, columns, *bias) in enumerate(sizes)
    ]


def packed(floor: Floor, *sizes: tuple[int, ...]) -> Packing:
    return pack(blocks(*sizes), floor)


NINE = blocks(
    (136, 196, 6), (862, 288, 6), (718, 224, 6), (706, 384, 4), (706, 126, 6), (128, 448, 6), (896, 144, 6),
    (720, 382, 6), (864, 64, 6),
)  # fmt: skip
FLASH = Floor(columns=1024, regions=(896, 896), bias_rows=16)


@pytest.mark.parametrize(
    ("floor", "sizes", "columns"),
    [
        pytest.param(Floor(columns=9, regions=(4,)), [(4, 5)], 5, id="one"),
        pytest.param(Floor(columns=9, regions=(4,)), [(2, 5), (2, 3)], 5, id="above each other"),
        pytest.param(Floor(columns=9, regions=(4,)), [(3, 5), (2, 3)], 8, id="side by side"),
        pytest.param(Floor(columns=9, regions=(4, 4)), [(3, 5), (3, 4), (3, 3)], 7, id="two regions"),
        pytest.param(Floor(columns=9, regions=(4, 2)), [(3, 3), (2, 3), (3, 2)], 5, id="regions of two heights"),
        pytest.param(Floor(columns=9, regions=(4, 4), bias_rows=3), [(3, 5, 2), (3, 4, 2)], 9, id="bias rows"),
        pytest.param(Floor(columns=9, regions=(4, 4), bias_rows=4), [(3, 5, 2), (3, 4, 2)], 5, id="more of them"),
        pytest.param(Floor(columns=5, regions=(5,)), [(2, 3), (3, 2), (2, 3), (3, 2), (1, 1)], 5, id="a wheel"),
    ],
)  # fmt: skip
def test_few_blocks_are_packed_as_by_hand(floor: Floor, sizes: list[tuple[int, ...]], columns: int) -> None:
    found = packed(floor, *sizes)
    assert (found.verdict, found.columns_used, found.fewest_columns) == ("optimal", columns, columns)
    assert list(faults(found.spots, floor)) == []


@pytest.mark.parametrize(
    ("floor", "sizes"),
    [
        pytest.param(Floor(columns=4, regions=(4, 4)), [(3, 3), (3, 3), (3, 2)], id="a third block beside two"),
        pytest.param(Floor(columns=6, regions=(8,), bias_rows=3), [(3, 4, 2), (3, 4, 2)], id="bias rows only"),
        pytest.param(Floor(columns=4, regions=(2, 2)), [(1, 4), (2, 4), (1, 2), (2, 1)], id="cells"),
        pytest.param(Floor(columns=4, regions=(5,)), [(2, 3), (3, 2), (2, 3), (3, 2)], id="a wheel without its room"),
    ],
)
def test_what_cannot_fit_is_proven_not_to(floor: Floor, sizes: list[tuple[int, ...]]) -> None:
    found = packed(floor, *sizes)
    assert (found.verdict, found.fits, found.spots, found.used_fraction) == ("impossible", False, (), 0.0)
    assert found.fewest_columns > floor.columns


def sound_somewhere(given_blocks: list[Block], floor: Floor) -> bool:
    """Try every place of every block."""
    places = [
        [
            Spot(block=block, column=column, region=region, row=row, bias_row=bias_row)
            for region, rows in enumerate(floor.regions)
            for column, row, bias_row in product(range(floor.columns), range(rows), range(floor.bias_rows + 1))
        ]
        for block in given_blocks
    ]
    alone = [[spot for spot in of_one if not any(faults([spot], floor))] for of_one in places]
    return any(not any(faults(spots, floor)) for spots in product(*alone))


SIZE = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2))


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(SIZE, min_size=2, max_size=3), columns=st.integers(3, 5))
def test_a_verdict_agrees_with_trying_every_place(sizes: list[tuple[int, ...]], columns: int) -> None:
    floor, few = Floor(columns=columns, regions=(3, 2), bias_rows=2), blocks(*sizes)
    found = pack(few, floor)
    assert found.fits == (found.verdict == "optimal") == sound_somewhere(few, floor)
    if found.fits:
        assert list(faults(found.spots, floor)) == []
        widest = max(block.columns for block in few)
        narrower = Floor(columns=found.columns_used - 1, regions=(3, 2), bias_rows=2)
        assert found.columns_used == widest or not sound_somewhere(few, narrower)


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 4)), min_size=1, max_size=6))
def test_an_arrangement_is_sound_and_no_wider_than_blocks_in_order(sizes: list[tuple[int, ...]]) -> None:
    floor, some = Floor(columns=20, regions=(12, 9), bias_rows=7), blocks(*sizes)
    found, loads = pack(some, floor), in_order(some, floor)
    assert list(faults(found.spots, floor)) == []
    assert all(list(faults(load, floor)) == [] for load in loads)
    assert [spot.block for load in loads for spot in load] == some
    if len(loads) == 1:
        assert found.fits
        assert found.columns_used <= max(spot.end_column for spot in loads[0])
    if found.fits:
        assert [spot.block for spot in found.spots] == some
        # Rows, bias rows and both together are each a bound that needs no search.
        assert found.columns_used * (sum(floor.regions) + floor.bias_rows) >= cells_used(found.spots)
        assert found.columns_used * floor.bias_rows >= sum(block.bias_rows * block.columns for block in some)


@pytest.fixture(scope="module")
def nine() -> Packing:
    return pack(NINE, FLASH)


def test_the_nine_blocks_of_the_flash_chip_fit_one_array(nine: Packing) -> None:
    assert list(faults(nine.spots, FLASH)) == []
    assert [spot.block for spot in nine.spots] == NINE
    # 1,312,508 weights and 12,768 bias cells of 1808 x 1024.
    assert cells_used(nine.spots) == 1_312_508 + 12_768
    assert nine.used_fraction == pytest.approx(1_325_276 / 1_851_392)


def test_the_fewest_columns_of_the_nine_blocks_follow_by_hand(nine: Packing) -> None:
    # At most two blocks with six bias rows share a column (three need 18 of 16 rows). Intervals of which never three
    # meet go into two rows of intervals, so eight widths are parted in two; the fairest parting is 932 and 940.
    widths = [block.columns for block in NINE if block.bias_rows == 6]
    partings = [sum(chosen) for n in range(9) for chosen in combinations(widths, n)]
    fairest = min(max(one, sum(widths) - one) for one in partings)
    assert (nine.verdict, nine.columns_used) == ("optimal", fairest)
    assert fairest == 940
    assert pack(NINE, Floor(columns=939, regions=(896, 896), bias_rows=16)).verdict == "impossible"


def test_the_nine_blocks_do_not_fit_without_the_reserved_columns() -> None:
    found = pack(NINE, Floor(columns=896, regions=(896, 896), bias_rows=16))
    # Eight blocks of six bias rows are 1872 columns wide together: more than two to each of 896 columns.
    assert (found.verdict, found.fewest_columns, found.steps) == ("impossible", 936, 0)


def test_in_order_the_nine_blocks_take_two_loads() -> None:
    loads = in_order(NINE, FLASH)
    assert [len(load) for load in loads] == [7, 2]
    assert max(cells_used(load) for load in loads) / FLASH.cells == pytest.approx(0.536, abs=5e-4)


def test_the_compiled_attention_demo_is_sound() -> None:
    demo = (
        Spot(block=Block(name="qkv", rows=392, columns=384, bias_rows=16), column=640, region=1, row=448),
        Spot(block=Block(name="head", rows=512, columns=10, bias_rows=16), column=512, region=0, row=0),
    )
    assert FLASH.first_row(1) + demo[0].row == 1344
    assert list(faults(demo, FLASH)) == []
    assert cells_used(demo) == 161_952


def test_a_search_that_is_stopped_says_so(nine: Packing) -> None:
    stopped = pack(NINE, FLASH, most_steps=5)
    assert (stopped.verdict, stopped.fits, stopped.steps) == ("unknown", False, 5)
    short = pack(NINE, FLASH, most_steps=nine.steps // 10)
    assert (short.verdict, short.fits) == ("fits", True)


@pytest.mark.parametrize(
    ("floor", "sizes", "message"),
    [
        (Floor(columns=4, regions=(4,)), [], r"blocks is missing"),
        (Floor(columns=4, regions=()), [(1, 1)], r"regions is missing"),
        (Floor(columns=4, regions=(4,)), [(5, 1)], r"blocks\.b0\.rows = 5 is more than the rows of a region = 4"),
        (Floor(columns=4, regions=(4,)), [(1, 5)], r"blocks\.b0\.columns = 5 is more than the array's columns = 4"),
        (Floor(columns=4, regions=(4,)), [(1, 1, 1)], r"blocks\.b0\.bias_rows = 1 is more than .* = 0"),
        (Floor(columns=4, regions=(4,)), [(0, 1)], r"blocks\.b0\.rows = 0 is not a whole number of at least 1"),
        (Floor(columns=4, regions=(4,), bias_rows=-1), [(1, 1)], r"bias_rows = -1 is not"),
        (Floor(columns=4, regions=(4,)), [(1, 1)] * 17, r"blocks = 17 is outside 1\.\.16"),
    ],
)
def test_what_makes_no_sense_is_refused(floor: Floor, sizes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        packed(floor, *sizes)
