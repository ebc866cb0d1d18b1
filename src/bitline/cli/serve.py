"""`bitline serve`: requests as they come, from a trace or drawn at random."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bitline.cli.answer import check_files
from bitline.cli.options import Json, Model, On, Report, Sinks, Window

if TYPE_CHECKING:
    from bitline.serving import Arrivals, Lengths

FEW = 1000


def serve(
    model: Model,
    on: On,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV with TIMESTAMP, ContextTokens, GeneratedTokens, as Azure's traces."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Mean requests per second, arriving at random; lengths of a trace are kept.")
    ] = None,
    prompt_mean: Annotated[float, typer.Option(help="Tokens of a prompt, where there is no trace.")] = 512,
    prompt_spread: Annotated[float, typer.Option(help="Standard deviation over mean.")] = 1.0,
    generate_mean: Annotated[float, typer.Option(help="Tokens a request wants, where there is no trace.")] = 128,
    generate_spread: Annotated[float, typer.Option(help="Standard deviation over mean.")] = 1.0,
    requests: Annotated[
        int | None, typer.Option(help="How many.", show_default=f"all of a trace, {FEW:,} at random")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    at_once: Annotated[int, typer.Option(help="Requests let in at once at most.")] = 256,
    pass_tokens: Annotated[int, typer.Option(help="Tokens in one pass, of prompts and being made.")] = 512,
    whole_prompts: Annotated[bool, typer.Option("--whole-prompts", help="Never cut a prompt.")] = False,
    reserve: Annotated[
        bool, typer.Option("--reserve", help="Let a request in only when all its tokens will fit in memory.")
    ] = False,
    first_token: Annotated[float, typer.Option(help="Target, seconds to the first token.")] = 1.0,
    per_token: Annotated[float, typer.Option(help="Target, seconds for each further token.")] = 0.05,
    window: Window = None,
    sinks: Sinks = 0,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every request, one a line.")] = None,
    report: Report = None,
    json: Json = False,
) -> None:
    """Serve requests on a chip: waiting, time to first token, time per token, goodput, energy of a request."""
    from bitline.cli.progress import shown
    from bitline.report.serving import give
    from bitline.serving import Discipline, Lengths
    from bitline.verbs.described import looking_back
    from bitline.verbs.serve import Targets
    from bitline.verbs.serve import serve as serve_requests

    check_files(report, csv)
    lengths = (
        Lengths(mean_tokens=prompt_mean, spread_fraction=prompt_spread, of="prompt"),
        Lengths(mean_tokens=generate_mean, spread_fraction=generate_spread, of="generate"),
    )
    arrivals = _arrivals(trace, rate, requests, seed, lengths)
    discipline = Discipline(requests=at_once, pass_tokens=pass_tokens, chunked=not whole_prompts, reserve=reserve)
    wanted = looking_back(model, window, sinks)
    targets = Targets(first_token_s=first_token, per_token_s=per_token)
    with shown() as progress:
        found = serve_requests(wanted, on, arrivals, discipline, targets=targets, progress=progress)
    give(found, json=json, report=report, csv=csv)


def _arrivals(
    trace: Path | None, rate: float | None, requests: int | None, seed: int, lengths: tuple[Lengths, Lengths]
) -> Arrivals:
    """Read a trace, or draw requests, or draw arrivals and take the lengths from a trace."""
    from bitline.errors import missing
    from bitline.serving import poisson, read_trace, resampled

    if trace is not None:
        read = read_trace(trace)
        if rate is not None:
            return resampled(read, rate, read.requests if requests is None else requests, seed=seed)
        return read if requests is None else read.first(requests)
    if rate is None:
        raise missing("--trace or --rate", "a file of requests, or how many come in a second")
    prompt, generate = lengths
    return poisson(rate, FEW if requests is None else requests, prompt=prompt, generate=generate, seed=seed)
