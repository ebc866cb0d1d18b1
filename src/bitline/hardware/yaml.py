"""Reading YAML 1.2 (and so JSON) safely into plain values that remember their lines.

A block of a file may name a table beside that file under `csv`; the table's columns are read into the block.
Only plain data comes out: a tag never builds an object, a date stays text, and what is written twice is an
error. Words such as `yes` and `on` are text, as YAML 1.2 has it; 1e-12 is a number.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path as File
from typing import Any

from bitline.errors import BitlineError, nearest, repeated, unreadable, wrong_type
from bitline.hardware.document import Document, Path, Problem, refusal
from bitline.hardware.table import with_columns

MOST_PLACES = 100_000
DEEPEST = 60
_STANDARD = "tag:yaml.org,2002:"
_KINDS = ("null", "bool", "int", "float", "str", "timestamp", "value", "merge", "map", "seq")


def read_yaml(file: File, expected: str) -> Document:
    """Read a file; `expected` says what it should be.

    Raises `DataError` if it or a table that it names is not what it should be, `ConfigError` if keys repeat.
    """
    if not file.exists():
        near = nearest(file.name, [beside.name for beside in file.parent.glob("*.yaml")])
        raise unreadable(file, expected, "there is no such file." + (f" Nearest: {near!r}." if near else ""))
    if file.is_dir():
        raise unreadable(file, expected, "it is a folder.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(file, expected, f"it is not text in UTF-8 (byte {error.start}).") from None
    except OSError as error:
        raise unreadable(file, expected, f"{error.strerror}.") from None
    # YAML forbids tabs where JSON allows them; inside JSON text they must be escaped, so none is lost.
    document = parse_yaml(text.replace("\t", " ") if file.suffix == ".json" else text, str(file), expected)
    return with_columns(document, file.parent)


def parse_yaml(text: str, name: str, expected: str) -> Document:
    """Read a text; `name` stands before the line number in messages.

    Raises `DataError` if it is not YAML or JSON at all, `ConfigError` if keys repeat.
    """
    root = _composed(text, name, expected)
    places: dict[Path, str] = {}
    problems: list[Problem] = []

    def value(node: Any, path: Path, line: int) -> Any:
        # Aliases may make a small text large, or endless.
        if len(places) > MOST_PLACES or len(path) > DEEPEST:
            raise unreadable(name, expected, f"line {line + 1}: too many or too deeply nested values.")
        place = f"{name}:{line + 1}"
        if path in places:
            problems.append(Problem(path=path, sentence=partial(repeated, first=places[path])))
        places[path] = place
        if str(node.tag) not in [_STANDARD + kind for kind in _KINDS]:
            plain_data = partial(wrong_type, value=str(node.tag), expected="plain data (tags are not read)")
            problems.append(Problem(path=path, sentence=plain_data))
        if node.id == "mapping":
            return {_key(key): value(item, (*path, _key(key)), key.start_mark.line) for key, item in node.value}
        if node.id == "sequence":
            return [value(item, (*path, i), item.start_mark.line) for i, item in enumerate(node.value)]
        return _scalar(str(node.tag).removeprefix(_STANDARD), str(node.value))

    document = Document(tree=value(root, (), root.start_mark.line), places=places)
    if problems:
        raise refusal(document, problems)
    return document


def _composed(text: str, name: str, expected: str) -> Any:
    # ruamel takes long to import, and most of the package never reads a file.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    def refused(reason: str) -> BitlineError:
        return unreadable(name, expected, f"{reason}.")

    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise refused(f"{line}{error.problem or error.context}") from None
    except RecursionError:
        raise refused("too deeply nested") from None
    except (YAMLError, ValueError) as error:
        raise refused(str(error).partition("\n")[0]) from None
    if root is None:
        raise refused("it is empty")
    return root


def _key(node: Any) -> str:
    return str(node.value)


def _scalar(tag: str, text: str) -> Any:
    """Make a plain value of a scalar; text that is not what its tag says stays text, for the schema to refuse."""
    try:
        match tag:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                digits = text.replace("_", "")
                return int(digits, 0) if "o" in digits or "x" in digits else int(digits)
            case "float":
                bare = text.replace("_", "").lower()
                return float(bare.replace(".", "") if bare.endswith(("inf", "nan")) else bare)
    except ValueError:
        return text
    return text
