"""The server against small cases worked out by hand, and against what must hold for any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.serving import Arrivals, Discipline, Lengths, Passes, Samples, poisson, serve_all

FIXED_S, ROW_S, KEY_S, JOULES, LOW, HIGH = 1.0, 0.01, 0.001, 5.0, 0.5, 3.0


def passes(context: int = 4000, rows: int = 4000, faster: float = 1.0, leakage_w=(0.0, 0.0, 0.0)) -> Passes:
    """Price a pass at 1 s, 10 ms a row, 1 ms a key that a token being made sees beyond itself; 5 J a second."""
    ends, batches = np.array([1, context]), np.array([1, rows])
    decoding = FIXED_S + ROW_S * batches[:, None] + KEY_S * batches[:, None] * (ends - 1)
    alone = FIXED_S + ROW_S * batches
    taking_in = np.repeat(alone[:, None], 2, axis=1)
    both = [
        np.array((each / faster, LOW * JOULES * each, JOULES * each, HIGH * JOULES * each))
        for each in (decoding, alone, taking_in)
    ]
    return Passes(
        Samples(
            contexts=ends, pasts=np.array([0, context]), batches=batches, decoding=both[0], single=both[0][:, :, 0],
            rows=batches, alone=both[1], tokens=batches, taking_in=both[2], leakage_w=leakage_w,
        )
    )  # fmt: skip


def arrivals(*requests: tuple[float, int, int]) -> Arrivals:
    times, prompt, generate = zip(*requests, strict=True)
    return Arrivals(arrival_s=np.array(times, float), prompt=np.array(prompt), generate=np.array(generate))


def test_one_request_by_hand():
    served = serve_all(arrivals((3.0, 100, 3)), passes(leakage_w=(1.0, 2.0, 4.0)), Discipline(), longest=4000)
    # One pass over the prompt, then tokens that look back on 101 and 102, themselves included.
    prompt_s, first_s, second_s = 1 + 1.0, 1 + 0.01 + 0.100, 1 + 0.01 + 0.101
    assert served.time_to_first_token_s[0] == pytest.approx(prompt_s)
    assert served.finish_s[0] == pytest.approx(3.0 + prompt_s + first_s + second_s)
    assert served.time_per_token_s[0] == pytest.approx((first_s + second_s) / 2)
    busy_s = prompt_s + first_s + second_s
    assert served.energy_j[0] == pytest.approx((5 + 2) * busy_s)
    assert served.energy_low_j[0] == pytest.approx((2.5 + 1) * busy_s)
    assert served.energy_high_j[0] == pytest.approx((15 + 4) * busy_s)
    assert (served.passes, served.idle_s, served.most_held_tokens) == (3, 0.0, 102)


def test_chunks_by_hand():
    served = serve_all(arrivals((0.0, 100, 1)), passes(), Discipline(requests=2, pass_tokens=40), longest=4000)
    assert served.passes == 3
    assert served.finish_s[0] == pytest.approx((1 + 0.4) + (1 + 0.4) + (1 + 0.2))


def test_a_late_prompt_shares_the_pass_of_a_running_request():
    server = Discipline(requests=2, pass_tokens=11)
    served = serve_all(arrivals((0.0, 10, 3), (1.2, 20, 1)), passes(), server, longest=4000)
    first_s = 1 + 10 * 0.01
    # The second comes during the next token of the first, which is alone: 1 row, 10 keys beside itself.
    alone_s = 1 + 0.01 + 0.010
    # 1 row and 10 of the prompt; 11 keys beside itself; then the other 10 alone.
    mixed_s, rest_s = 1 + 0.11 + 0.011, 1 + 0.10
    assert served.first_token_s[0] == pytest.approx(first_s)
    assert served.let_in_s[1] == pytest.approx(first_s + alone_s)
    assert served.finish_s[0] == pytest.approx(first_s + alone_s + mixed_s)
    assert served.finish_s[1] == pytest.approx(first_s + alone_s + mixed_s + rest_s)
    decode_j = 5 * (1 + 0.01 + 0.011)
    assert served.energy_j[1] == pytest.approx(5 * mixed_s - decode_j + 5 * rest_s)


def test_whole_prompts_stay_whole():
    server = Discipline(requests=4, pass_tokens=50, chunked=False)
    served = serve_all(arrivals((0.0, 200, 1), (0.0, 30, 1), (0.0, 20, 1), (0.0, 1, 1)), passes(), server, longest=4000)
    # The first is more than a pass and goes alone; the next two fill one; the last follows.
    assert served.finish_s == pytest.approx(np.cumsum([1 + 2.0, 1 + 0.5, 0.0, 1 + 0.01]))
    assert served.passes == 3


def test_without_room_the_last_one_let_in_is_put_off():
    three = arrivals((0.0, 4, 4), (0.0, 4, 7), (0.5, 9, 1))
    served = serve_all(three, passes(), Discipline(spare_fraction=0.0), longest=4000, room=10)
    # The first two hold 4, then 5 tokens each: full. The second makes room, waits at the head of the queue, and later
    # takes in 4 + 2 tokens once more; then it makes the four it still wants. The third waits for it.
    assert served.put_off == 1
    assert served.most_held_tokens == 10
    together_s = 1 + 2 * 0.01 + 2 * 0.004
    first_s = (1 + 0.08) + together_s + (1 + 0.01 + 0.005) + (1 + 0.01 + 0.006)
    assert served.finish_s[0] == pytest.approx(first_s)
    second_s = first_s + (1 + 0.06) + sum(1 + 0.01 + 0.001 * keys for keys in (6, 7, 8, 9))
    assert served.finish_s[1] == pytest.approx(second_s)
    assert served.finish_s[2] == pytest.approx(second_s + 1 + 0.09)


def test_a_request_put_off_ends_later_than_it_would_have():
    # As above, and a prompt of one token joins in the very pass that would have been the last of the second request.
    first_s = (1 + 0.08) + (1 + 0.028) + (1 + 0.015) + (1 + 0.016)
    before_s = first_s + (1 + 0.06) + (1 + 0.016) + (1 + 0.017)
    three = arrivals((0.0, 4, 4), (0.0, 4, 7), (before_s - 0.5, 1, 1))
    served = serve_all(three, passes(), Discipline(spare_fraction=0.0), longest=4000, room=10)
    assert served.finish_s[2] == pytest.approx(before_s + 1 + 0.02 + 0.008)
    assert served.finish_s[1] == pytest.approx(before_s + 1 + 0.02 + 0.008 + 1 + 0.01 + 0.009)


def test_with_reserve_the_second_waits():
    two = arrivals((0.0, 4, 4), (0.0, 4, 4))
    served = serve_all(two, passes(), Discipline(reserve=True), longest=4000, room=13)
    assert served.put_off == 0
    assert served.let_in_s[1] == pytest.approx(served.finish_s[0])
    assert served.most_held_tokens == 7


def test_what_cannot_ever_be_held_is_refused():
    served = serve_all(arrivals((0.0, 50, 2), (1.0, 5, 2), (1.0, 3, 80)), passes(), Discipline(), longest=60, room=30)
    assert served.refused == 2
    assert served.done.tolist() == [False, True, False]
    assert served.requests_per_s == pytest.approx(1 / served.span_s)
    nothing = serve_all(arrivals((0.0, 50, 2)), passes(), Discipline(), longest=10)
    assert (nothing.refused, nothing.tokens_per_s, nothing.total_j) == (1, 0.0, 0.0)


REQUESTS = st.lists(st.tuples(st.floats(0, 20), st.integers(1, 60), st.integers(1, 40)), min_size=1, max_size=25).map(
    sorted
)


@given(
    requests=REQUESTS,
    most=st.integers(1, 8),
    tokens=st.integers(9, 80),
    chunked=st.booleans(),
    reserve=st.booleans(),
    room=st.sampled_from([100.0, 150.0, 1000.0, float("inf")]),
)
def test_whatever_comes(requests, most, tokens, chunked, reserve, room):
    server = Discipline(requests=most, pass_tokens=tokens, chunked=chunked, reserve=reserve)
    served = serve_all(arrivals(*requests), passes(leakage_w=(1.0, 3.0, 4.0)), server, longest=4000, room=room)
    assert served.refused == 0
    assert (served.queueing_s >= 0).all()
    assert (np.diff(served.let_in_s) >= 0).all(), "first come, first served"
    assert (served.first_token_s > served.let_in_s).all()
    assert (served.finish_s >= served.first_token_s).all()
    assert served.finish_s.max() == served.end_s
    assert served.most_held_tokens <= room
    # Every pass is paid for by somebody: 5 W while it works, and 3 W always.
    busy_s = served.span_s - served.idle_s
    assert served.total_j == pytest.approx(5 * busy_s + 3 * served.span_s)
    assert served.total_low_j == pytest.approx(2.5 * busy_s + 1 * served.span_s)
    assert served.total_high_j == pytest.approx(15 * busy_s + 4 * served.span_s)
    # Little's law for those making tokens: requests on average = rate x time there.
    if not served.put_off:
        made_s = float((served.finish_s - served.first_token_s).sum())
        assert served.running_request_s == pytest.approx(made_s, abs=1e-6)
    # Tokens one by one cannot be faster than a pass of its own.
    alone = serve_all(arrivals(requests[0]), passes(), server, longest=4000)
    assert served.latency_s[0] >= alone.latency_s[0] - 1e-9


def test_the_stride_is_the_passes_one_by_one():
    load = poisson(0.3, 60, prompt=Lengths(mean_tokens=80, spread_fraction=1), generate=Lengths(mean_tokens=30))
    served = serve_all(load, passes(), Discipline(requests=8, pass_tokens=64), longest=4000)
    assert served.end_s == pytest.approx(_plainly(load, 8, 64), rel=1e-12)


def _plainly(load: Arrivals, most: int, budget: int) -> float:
    """Serve pass by pass with a list of dictionaries, and give the time of the last token."""
    clock, coming = float(load.arrival_s[0]), list(range(load.requests))
    waiting: list[int] = []
    inside: list[dict[str, int]] = []
    while coming or waiting or inside:
        while coming and load.arrival_s[coming[0]] <= clock:
            waiting.append(coming.pop(0))
        while waiting and len(inside) < most:
            one = waiting.pop(0)
            inside.append(
                {"left": int(load.prompt[one]), "seen": int(load.prompt[one]), "want": int(load.generate[one])}
            )
        if not inside:
            clock = float(load.arrival_s[coming[0]])
            continue
        making = [one for one in inside if not one["left"]]
        rows, keys = len(making), sum(one["seen"] for one in making)
        for one in making:
            one["seen"] += 1
            one["want"] -= 1
        for one in inside:
            if one not in making and one["left"] and rows < budget:
                taken = min(one["left"], budget - rows)
                one["left"] -= taken
                rows += taken
                one["want"] -= not one["left"]
        clock += FIXED_S + ROW_S * rows + KEY_S * keys
        inside = [one for one in inside if one["left"] or one["want"]]
    return clock


def test_all_at_once_is_bound_by_throughput():
    load = poisson(float("inf"), 200, prompt=Lengths(mean_tokens=1), generate=Lengths(mean_tokens=50))
    served = serve_all(load, passes(), Discipline(requests=50, pass_tokens=51), longest=4000)
    # 4 rounds of 50 requests, each of 50 passes of 50 rows that see 0, 1, ... 49 keys beside themselves.
    round_s = sum(1 + 0.5 + 0.05 * keys for keys in range(50))
    assert served.span_s == pytest.approx(4 * round_s)
    assert served.tokens_per_s == pytest.approx(200 * 50 / (4 * round_s))


def test_a_slow_trickle_never_waits():
    load = poisson(1e-4, 50, prompt=Lengths(mean_tokens=9), generate=Lengths(mean_tokens=5))
    served = serve_all(load, passes(), Discipline(), longest=4000)
    assert served.queueing_s.max() < 10
    assert served.idle_s > 0.9 * served.span_s


def test_progress_is_told():
    told: list[tuple[str, int, int]] = []
    load = poisson(1.0, 300, prompt=Lengths(mean_tokens=9), generate=Lengths(mean_tokens=5))
    serve_all(load, passes(), Discipline(), longest=4000, progress=lambda *one: told.append(one))
    assert told[-1][1] <= told[-1][2] == 300
    assert [one[1] for one in told] == sorted(one[1] for one in told)


def test_goodput_by_hand():
    served = serve_all(arrivals((0.0, 100, 3), (0.0, 100, 1)), passes(), Discipline(), longest=4000)
    # 200 rows in one pass: both have their first token at 3 s; the second token takes 1.11 s, the third 1.111 s.
    assert served.goodput_hz(first_token_s=3.1, per_token_s=2) == pytest.approx(2 / served.span_s)
    assert served.goodput_hz(first_token_s=3.1, per_token_s=1) == pytest.approx(1 / served.span_s)
    assert served.goodput_hz(first_token_s=2.9, per_token_s=2) == 0
    assert served.quantiles(served.time_per_token_s, (0.5,)) == pytest.approx((1.1105,))
