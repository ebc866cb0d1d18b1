"""The server against small cases worked out by hand, and against what must hold for any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.serving import Arrivals, Discipline, Lengths, Passes, Room, Samples, poisson, serve_all
from bitline.serving.server import Server

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
            scored=both[0][:, :, 0],
            rows=batches, alone=both[1], tokens=batches, taking_in=both[2], leakage_w=leakage_w,
        )
    )  # fmt: skip


def arrivals(*requests: tuple[float, int, int]) -> Arrivals:
    times, prompt, generate = zip(*requests, strict=True)
    return Arrivals(arrival_s=np.array(times, float), prompt=np.array(prompt), generate=np.array(generate))


def test_one_request_by_hand():
    served = serve_all(arrivals((3.0, 100, 3)), passes(leakage_w=(1.0, 2.0, 4.0)), Discipline(), Room(longest=4000))
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
    served = serve_all(arrivals((0.0, 100, 1)), passes(), Discipline(requests=2, pass_tokens=40), Room(longest=4000))
    assert served.passes == 3
    assert served.finish_s[0] == pytest.approx((1 + 0.4) + (1 + 0.4) + (1 + 0.2))


def test_a_late_prompt_shares_the_pass_of_a_running_request():
    server = Discipline(requests=2, pass_tokens=11)
    served = serve_all(arrivals((0.0, 10, 3), (1.2, 20, 1)), passes(), server, Room(longest=4000))
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
    served = serve_all(
        arrivals((0.0, 200, 1), (0.0, 30, 1), (0.0, 20, 1), (0.0, 1, 1)), passes(), server, Room(longest=4000)
    )
    # The first is more than a pass and goes alone; the next two fill one; the last follows.
    assert served.finish_s == pytest.approx(np.cumsum([1 + 2.0, 1 + 0.5, 0.0, 1 + 0.01]))
    assert served.passes == 3


def test_without_room_the_last_one_let_in_is_put_off():
    three = arrivals((0.0, 4, 4), (0.0, 4, 7), (0.5, 9, 1))
    served = serve_all(three, passes(), Discipline(spare_fraction=0.0), Room(longest=4000, values=10))
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
    served = serve_all(three, passes(), Discipline(spare_fraction=0.0), Room(longest=4000, values=10))
    assert served.finish_s[2] == pytest.approx(before_s + 1 + 0.02 + 0.008)
    assert served.finish_s[1] == pytest.approx(before_s + 1 + 0.02 + 0.008 + 1 + 0.01 + 0.009)


def test_a_request_waits_where_the_next_pass_would_put_it_off():
    # Three hold 93 when the fourth comes; its 55 would fit beside the spare hundredth, but not beside three tokens
    # more. Letting it in and putting it off went on forever.
    four = arrivals((0.0, 30, 40), (0.0, 30, 40), (0.0, 30, 40), (2.5, 55, 5))
    server = Server(four, passes(), Discipline(), Room(longest=4000, values=150))
    for _ in range(1000):
        if server.left:
            server.go_on()
    assert server.left == 0
    # Room for all four was never there; once one of the three was put off, it and the fourth waited in turn.
    assert server.served().let_in_s[3] > 10


def test_with_reserve_the_second_waits():
    two = arrivals((0.0, 4, 4), (0.0, 4, 4))
    served = serve_all(two, passes(), Discipline(reserve=True), Room(longest=4000, values=13))
    assert served.put_off == 0
    assert served.let_in_s[1] == pytest.approx(served.finish_s[0])
    assert served.most_held_tokens == 7


def test_what_cannot_ever_be_held_is_refused():
    three = arrivals((0.0, 50, 2), (1.0, 5, 2), (1.0, 3, 80))
    served = serve_all(three, passes(), Discipline(), Room(longest=60, values=30))
    assert served.refused == 2
    assert served.done.tolist() == [False, True, False]
    assert served.requests_per_s == pytest.approx(1 / served.span_s)
    nothing = serve_all(arrivals((0.0, 50, 2)), passes(), Discipline(), Room(longest=10))
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
    served = serve_all(arrivals(*requests), passes(leakage_w=(1.0, 3.0, 4.0)), server, Room(longest=4000, values=room))
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
    alone = serve_all(arrivals(requests[0]), passes(), server, Room(longest=4000))
    assert served.latency_s[0] >= alone.latency_s[0] - 1e-9


def test_the_stride_is_the_passes_one_by_one():
    load = poisson(0.3, 60, prompt=Lengths(mean_tokens=80, spread_fraction=1), generate=Lengths(mean_tokens=30))
    served = serve_all(load, passes(), Discipline(requests=8, pass_tokens=64), Room(longest=4000))
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
    served = serve_all(load, passes(), Discipline(requests=50, pass_tokens=51), Room(longest=4000))
    # 4 rounds of 50 requests, each of 50 passes of 50 rows that see 0, 1, ... 49 keys beside themselves.
    round_s = sum(1 + 0.5 + 0.05 * keys for keys in range(50))
    assert served.span_s == pytest.approx(4 * round_s)
    assert served.tokens_per_s == pytest.approx(200 * 50 / (4 * round_s))


def test_a_slow_trickle_never_waits():
    load = poisson(1e-4, 50, prompt=Lengths(mean_tokens=9), generate=Lengths(mean_tokens=5))
    served = serve_all(load, passes(), Discipline(), Room(longest=4000))
    assert served.queueing_s.max() < 10
    assert served.idle_s > 0.9 * served.span_s


def test_progress_is_told():
    told: list[tuple[str, int, int]] = []
    load = poisson(1.0, 300, prompt=Lengths(mean_tokens=9), generate=Lengths(mean_tokens=5))
    serve_all(load, passes(), Discipline(), Room(longest=4000), progress=lambda *one: told.append(one))
    assert told[-1][1] <= told[-1][2] == 300
    assert [one[1] for one in told] == sorted(one[1] for one in told)


@pytest.mark.parametrize("requests", [1, 7, 300, 1000])
def test_progress_begins_early_ends_at_all_and_is_not_told_too_often(requests):
    told: list[tuple[str, int, int]] = []
    load = poisson(1.0, requests, prompt=Lengths(mean_tokens=9), generate=Lengths(mean_tokens=5))
    serve_all(load, passes(), Discipline(), Room(longest=4000), progress=lambda *one: told.append(one))
    assert told[-1] == ("serving", requests, requests)
    assert told[0][1] <= max(1, requests // 100)
    assert min(requests, 5) <= len(told) <= 202


def test_goodput_by_hand():
    served = serve_all(arrivals((0.0, 100, 3), (0.0, 100, 1)), passes(), Discipline(), Room(longest=4000))
    # 200 rows in one pass: both have their first token at 3 s; the second token takes 1.11 s, the third 1.111 s.
    assert served.goodput_hz(first_token_s=3.1, per_token_s=2) == pytest.approx(2 / served.span_s)
    assert served.goodput_hz(first_token_s=3.1, per_token_s=1) == pytest.approx(1 / served.span_s)
    assert served.goodput_hz(first_token_s=2.9, per_token_s=2) == 0
    assert served.quantiles(served.time_per_token_s, (0.5,)) == pytest.approx((1.1105,))


@pytest.mark.parametrize("load", [0.3, 0.7, 0.9])
def test_wait_of_one_server_with_equal_requests(load):
    # M/D/1: requests of one pass each, one at a time. W = load x S / (2 (1 - load)).
    service_s = FIXED_S + 10 * ROW_S
    drawn = poisson(load / service_s, 60_000, prompt=Lengths(mean_tokens=10), generate=Lengths(mean_tokens=1), seed=2)
    served = serve_all(drawn, passes(), Discipline(requests=1), Room(longest=4000))
    assert served.queueing_s.mean() == pytest.approx(load * service_s / (2 * (1 - load)), rel=0.05)
    assert served.idle_s / served.span_s == pytest.approx(1 - load, rel=0.05)


def test_wait_of_one_server_with_unequal_requests():
    # M/G/1 (Pollaczek and Khinchine): W = rate x mean of S squared / (2 (1 - load)), S with all its tokens.
    lengths = {"prompt": Lengths(mean_tokens=60, spread_fraction=1.5), "generate": Lengths(mean_tokens=3)}
    drawn = poisson(0.15, 60_000, **lengths, seed=4)
    served = serve_all(drawn, passes(), Discipline(requests=1, pass_tokens=4000), Room(longest=4000))
    keys = drawn.prompt + 0.5
    service_s = FIXED_S + ROW_S * drawn.prompt + 2 * (FIXED_S + ROW_S + KEY_S * keys)
    kept = served.done
    wait_s = 0.15 * (service_s[kept] ** 2).mean() / (2 * (1 - 0.15 * service_s[kept].mean()))
    assert served.queueing_s[kept].mean() == pytest.approx(wait_s, rel=0.06)
    assert served.latency_s[kept] == pytest.approx(served.queueing_s[kept] + service_s[kept])


@given(requests=REQUESTS, most=st.integers(1, 8), tokens=st.integers(9, 80), chunked=st.booleans())
def test_twice_as_fast_for_twice_the_rate_is_the_same_twice_as_fast(requests, most, tokens, chunked):
    server = Discipline(requests=most, pass_tokens=tokens, chunked=chunked)
    slow = serve_all(arrivals(*requests), passes(), server, Room(longest=4000, values=150))
    sooner = arrivals(*((time_s / 2, prompt, generate) for time_s, prompt, generate in requests))
    fast = serve_all(sooner, passes(faster=2.0), server, Room(longest=4000, values=150))
    assert fast.finish_s == pytest.approx(slow.finish_s / 2)
    assert fast.queueing_s == pytest.approx(slow.queueing_s / 2, abs=1e-9)


@given(requests=REQUESTS, most=st.integers(1, 8), tokens=st.integers(9, 80))
def test_a_server_twice_as_fast_never_ends_later(requests, most, tokens):
    server = Discipline(requests=most, pass_tokens=tokens)
    slow, fast = (serve_all(arrivals(*requests), passes(faster=f), server, Room(longest=4000)) for f in (1.0, 2.0))
    assert (fast.finish_s <= slow.finish_s + 1e-9).all()


@given(requests=st.lists(st.tuples(st.integers(1, 60), st.integers(1, 40)), min_size=2, max_size=8), data=st.data())
def test_the_order_of_requests_at_one_time_does_not_matter_where_all_get_in(requests, data):
    order = data.draw(st.permutations(range(len(requests))))
    server = Discipline(requests=8, pass_tokens=600)
    one = serve_all(arrivals(*((1.0, *each) for each in requests)), passes(), server)
    other = serve_all(arrivals(*((1.0, *requests[place]) for place in order)), passes(), server)
    for name in ("first_token_s", "finish_s", "energy_j", "energy_low_j"):
        assert getattr(other, name) == pytest.approx(getattr(one, name)[order]), name


@given(requests=REQUESTS, most=st.integers(1, 8), room=st.sampled_from([100, 150, 1000]))
def test_every_token_is_made_once_and_every_prompt_taken_in(requests, most, room):
    server = Server(arrivals(*requests), passes(), Discipline(requests=most, pass_tokens=30), Room(values=room))
    while server.left:
        server.go_on()
    lines, parts = server.ledger.lines(), server.ledger.parts()
    taken = np.bincount(parts[1], parts[2], len(requests))
    prompt, generate = (np.array([each[place] for each in requests]) for place in (1, 2))
    made = lines.requests @ lines.steps
    assert server.made == generate.tolist()
    # A pass that ends a prompt makes a token of it too. A request put off takes in what it had once more, and then
    # that pass makes one of the tokens that would have been made otherwise.
    assert (taken >= prompt).all()
    assert made <= (generate - 1).sum()
    if not server.put_off:
        assert (taken == prompt).all()
        assert made == (generate - 1).sum()
    assert lines.time_s.sum() + server.idle_s == pytest.approx(server.clock_s - server.arrival_s[0])
    assert not server.crowd.running
    assert server.crowd.contexts == server.crowd.held == server.crowd.growth == server.used == 0
