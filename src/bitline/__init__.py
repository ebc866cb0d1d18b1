"""Any transformer on any compute-in-memory hardware: how accurate, how fast, how large.

Names are loaded when they are first used, so that `import bitline` takes no time and only what computes with a
model's weights needs torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitline.errors import BitlineError as BitlineError
    from bitline.hardware import Chip as Chip
    from bitline.report import save_layer_costs as save_layer_costs
    from bitline.report import save_report as save_report
    from bitline.report import save_trace as save_trace
    from bitline.report import table as table
    from bitline.report import to_json as to_json
    from bitline.systems import load_chip as load_chip
    from bitline.verbs.activity import measure_activity as measure_activity
    from bitline.verbs.age import age as age
    from bitline.verbs.calibrate import calibrate as calibrate
    from bitline.verbs.checkpoint import load_checkpoint as load_checkpoint
    from bitline.verbs.compare import Comparison as Comparison
    from bitline.verbs.compare import compare as compare
    from bitline.verbs.deploy import deploy as deploy
    from bitline.verbs.estimate import estimate as estimate
    from bitline.verbs.evaluate import evaluate as evaluate
    from bitline.verbs.evaluate import perplexity as perplexity
    from bitline.verbs.key_sort import sort_keys as sort_keys
    from bitline.verbs.layer_costs import layer_costs as layer_costs
    from bitline.verbs.macro import Macro as Macro
    from bitline.verbs.macro import macro as macro
    from bitline.verbs.outcome import Estimate as Estimate
    from bitline.verbs.request import Request as Request
    from bitline.verbs.restore import restore as restore
    from bitline.verbs.run import Run as Run
    from bitline.verbs.run import Trial as Trial
    from bitline.verbs.run import run as run
    from bitline.verbs.sensitivity import sensitivity as sensitivity
    from bitline.verbs.serve import Serving as Serving
    from bitline.verbs.serve import serve as serve
    from bitline.verbs.sweep import Sweep as Sweep
    from bitline.verbs.sweep import sweep as sweep
    from bitline.workload import load_model as load_model
    from bitline.workload import windowed as windowed

_WHERE = {
    "BitlineError": "bitline.errors",
    "Chip": "bitline.hardware",
    "Comparison": "bitline.verbs.compare",
    "Estimate": "bitline.verbs.outcome",
    "Macro": "bitline.verbs.macro",
    "Request": "bitline.verbs.request",
    "Run": "bitline.verbs.run",
    "Serving": "bitline.verbs.serve",
    "Sweep": "bitline.verbs.sweep",
    "Trial": "bitline.verbs.run",
    "age": "bitline.verbs.age",
    "calibrate": "bitline.verbs.calibrate",
    "compare": "bitline.verbs.compare",
    "deploy": "bitline.verbs.deploy",
    "estimate": "bitline.verbs.estimate",
    "evaluate": "bitline.verbs.evaluate",
    "layer_costs": "bitline.verbs.layer_costs",
    "load_checkpoint": "bitline.verbs.checkpoint",
    "load_chip": "bitline.systems",
    "load_model": "bitline.workload",
    "macro": "bitline.verbs.macro",
    "measure_activity": "bitline.verbs.activity",
    "perplexity": "bitline.verbs.evaluate",
    "restore": "bitline.verbs.restore",
    "run": "bitline.verbs.run",
    "save_layer_costs": "bitline.report",
    "save_report": "bitline.report",
    "save_trace": "bitline.report",
    "sensitivity": "bitline.verbs.sensitivity",
    "serve": "bitline.verbs.serve",
    "sort_keys": "bitline.verbs.key_sort",
    "sweep": "bitline.verbs.sweep",
    "table": "bitline.report",
    "to_json": "bitline.report",
    "windowed": "bitline.workload",
}


def __getattr__(name: str) -> Any:
    """Load a name on its first use."""
    if name not in _WHERE:
        raise AttributeError(f"module 'bitline' has no attribute {name!r}")
    value = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the names."""
    return sorted({*globals(), *_WHERE})
