"""Finding chips: by the name of a system, of a variant of one or of a processor in the part library, or by a path.

A system is a folder here with `chip.yaml`, `published.yaml` and `README.md`; any other `.yaml` file in it is a
variant, called `SYSTEM/FILE`. Systems of one sort stand in a folder of their own and are called by it:
`macros/jia-2020`. Folders and files are found by looking, so a new system is one new folder.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bitline.engines.kinds import engine_kinds
from bitline.errors import BitlineError, circular, not_one_of, unreadable, wrong_type
from bitline.hardware.chip import Chip
from bitline.hardware.document import Document
from bitline.hardware.reading import EXPECTED, parse_chip
from bitline.hardware.yaml import read_yaml
from bitline.systems.device import device, device_names
from bitline.systems.grouped import SIGN, grouped, parted
from bitline.systems.variant import VARIANT_OF, laid_over

FOLDER = Path(__file__).parent
CHIP, PUBLISHED = "chip.yaml", "published.yaml"
SUFFIXES = (".yaml", ".yml", ".json")


@cache
def system_names() -> tuple[str, ...]:
    """Name the systems in alphabetical order."""
    return tuple(sorted(file.parent.relative_to(FOLDER).as_posix() for file in FOLDER.rglob(CHIP)))


@cache
def chip_names() -> tuple[str, ...]:
    """Name the systems, each followed by its variants, and then the processors of the part library."""
    systems = tuple(name for system in system_names() for name in (system, *_variants(system)))
    return (*systems, *(name for name in device_names() if name not in systems))


def is_chip_name(name: str) -> bool:
    """Say whether a chip has this name, or a group of it."""
    return name in chip_names() or name.rpartition(SIGN)[0] in chip_names()


def load_chip(name: str | Path) -> Chip:
    """Load a chip by name (`xformer`, `xformer/no-blocking`), by its file, or by the folder that holds `chip.yaml`.

    `h100@8` is eight of them that share a model (see `grouped`). A name wins over a path that reads the same; write
    `./xformer` for the path. Raises `ConfigError` for a name that does not exist and for everything wrong in a
    description, `DataError` for a path that holds none.
    """
    if not isinstance(name, str | Path):
        raise wrong_type("chip", name, "a name or a path")
    base, counts = parted(name) if isinstance(name, str) and not Path(name).exists() else (name, "")
    if isinstance(base, str) and base in chip_names():
        return _known(base, counts)
    chip = parse_chip(_named(base, Path(), ()), engine_kinds())
    return grouped(chip, counts) if counts else chip


@cache
def _known(name: str, counts: str) -> Chip:
    # One value per name: whatever is worked out once per chip is then worked out once per name.
    if counts:
        return grouped(_known(name, ""), counts)
    return parse_chip(_named(name, Path(), ()), engine_kinds())


def _named(name: str | Path, beside: Path, chain: tuple[str, ...], where: str = "") -> Document:
    """Find the description of a chip; relative paths start at `beside`, and `chain` varies it."""
    field = VARIANT_OF if chain else "chip"
    if isinstance(name, str) and name in chip_names():
        if name in system_names():
            return _read(FOLDER / name / CHIP, chain)
        system, _, variant = name.rpartition("/")
        return _read(FOLDER / system / f"{variant}.yaml", chain) if system else device(name)
    path = beside / name
    if not path.exists():
        raise _not_found(name, path, field, where)
    return _read(_inside(path) if path.is_dir() else path, chain)


def _read(file: Path, chain: tuple[str, ...]) -> Document:
    """Read a description; if it is a variant, laid over the one it varies."""
    if str(file) in chain:
        raise circular(VARIANT_OF, [*chain[chain.index(str(file)) :], str(file)], where=str(file))
    document = read_yaml(file, EXPECTED)
    if not isinstance(document.tree, dict) or VARIANT_OF not in document.tree:
        return document
    base, where = document.tree[VARIANT_OF], document.where((VARIANT_OF,))
    if not isinstance(base, str):
        raise wrong_type(VARIANT_OF, base, "the name or path of a chip", where)
    return laid_over(_named(base, file.parent, (*chain, str(file)), where), document)


def _inside(folder: Path) -> Path:
    if not (folder / CHIP).is_file():
        raise unreadable(folder, EXPECTED, f"it is a folder without {CHIP}.")
    return folder / CHIP


def _not_found(name: str | Path, path: Path, field: str, where: str) -> BitlineError:
    if isinstance(name, Path) or path.suffix in SUFFIXES or name.startswith((".", "/", "~")):
        return unreadable(path, EXPECTED, "there is no such file.")
    return not_one_of(field, name, chip_names(), where)


def _variants(system: str) -> tuple[str, ...]:
    files = sorted((FOLDER / system).glob("*.yaml"))
    return tuple(f"{system}/{file.stem}" for file in files if file.name not in (CHIP, PUBLISHED))
