"""A trained model from a folder: config.json, safetensors, tokenizer.json. Nothing is executed, nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch
import transformers
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import CONFIG_MAPPING, AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from bitline.embedded.checkpoint import model_path
from bitline.errors import DataError, listed, nearest, unreadable
from bitline.verbs.described import EMBEDDED

_WEIGHTS = "model.safetensors"
_INDEX = "model.safetensors.index.json"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A model ready to run, and what turns text into its tokens, if that came with it."""

    name: str
    folder: Path
    model: Any
    """A transformers model in evaluation mode."""
    tokenizer: Any = None
    unused: tuple[str, ...] = ()
    """Tensors of the file that the model has no place for."""

    def tokens(self, text: str) -> Tensor:
        """Turn one text into tokens `[tokens]`, with the special tokens that the tokenizer adds.

        Raises:
            DataError: the folder has no tokenizer, or the tokenizer has no token for a word and none for unknown ones.

        """
        if self.tokenizer is None:
            raise DataError(
                f"{self.folder / 'tokenizer.json'}: missing, so that text cannot be turned into tokens of {self.name}."
            )
        try:
            found = self.tokenizer(text, verbose=False)["input_ids"]
        except Exception as error:  # tokenizers raises plain Exception for a word it has no token for
            raise DataError(f"{self.name}: its tokenizer cannot read this text: {_one_line(error)}") from error
        return torch.tensor(found, dtype=torch.long)

    def documents(self, texts: Sequence[str]) -> list[Tensor]:
        """Turn each text, blanks around it taken off, into tokens of its own; empty texts are left out."""
        return [self.tokens(text.strip()) for text in texts if text.strip()]


def load_checkpoint(source: str | Path, *, dtype: torch.dtype = torch.float32) -> Checkpoint:
    """Load a model from a folder, or the one called `embedded`.

    Raises:
        DataError: the folder, its configuration, weights or tokenizer is not what it should be; the message names
            the file, and the tensor where there is one.

    """
    folder = model_path() if str(source) == EMBEDDED else Path(source)
    if not folder.is_dir():
        raise unreadable(folder, "a folder with config.json and model.safetensors", "there is no such folder")
    kind = _model_class(folder)
    _check_weights(folder)
    name = EMBEDDED if str(source) == EMBEDDED else folder.name
    model, unused = _model(folder, kind, dtype)
    return Checkpoint(name=name, folder=folder, model=model, tokenizer=_tokenizer(folder), unused=unused)


def _model_class(folder: Path) -> Any:
    path = folder / "config.json"
    config = _json(path)
    kind = config.get("model_type")
    if kind is None:
        raise unreadable(path, "a model configuration", "it has no model_type")
    if kind not in CONFIG_MAPPING:
        near = nearest(str(kind), CONFIG_MAPPING.keys())
        hint = f" Nearest: {near!r}." if near else ""
        raise DataError(f"{path}: model_type = {kind!r} is not known to transformers {transformers.__version__}.{hint}")
    wanted = [getattr(transformers, str(name), None) for name in config.get("architectures") or ()]
    found = [one for one in wanted if one is not None]
    return found[0] if found else AutoModelForCausalLM


def _check_weights(folder: Path) -> None:
    for path in _weight_files(folder):
        try:
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 - a safetensors file is not a mapping
                    _check_tensor(path, name, file.get_tensor(name))
        except (SafetensorError, OSError) as error:
            raise unreadable(path, "a whole safetensors file", str(error)) from error


def _check_tensor(path: Path, name: str, tensor: Tensor) -> None:
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        bad = int((~torch.isfinite(tensor)).sum())
        raise DataError(f"{path}: tensor {name!r} holds {bad} values that are NaN or infinite, of {tensor.numel()}.")


def _weight_files(folder: Path) -> list[Path]:
    if (folder / _WEIGHTS).is_file():
        return [folder / _WEIGHTS]
    if (folder / _INDEX).is_file():
        names = _json(folder / _INDEX).get("weight_map", {})
        paths = [folder / Path(str(name)).name for name in sorted(set(names.values()))]
        absent = [path.name for path in paths if not path.is_file()]
        if absent or not paths:
            raise unreadable(folder / _INDEX, "an index of the files beside it", f"missing: {listed(absent) or 'all'}")
        return paths
    others = sorted(path.name for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pth", ".ckpt"))
    why = f"found {listed(others)}, but pickled weights are not read; convert them" if others else "it is missing"
    raise unreadable(folder / _WEIGHTS, "weights in safetensors", why)


def _model(folder: Path, kind: Any, dtype: torch.dtype) -> tuple[Any, tuple[str, ...]]:
    # A wrong value can surface as any exception, depending on who trips over it first.
    with _quiet():
        try:
            config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except Exception as error:
            raise unreadable(folder / "config.json", "a model configuration", _one_line(error)) from error
        try:
            model, loaded = kind.from_pretrained(
                folder, config=config, dtype=dtype, use_safetensors=True, local_files_only=True,
                output_loading_info=True, trust_remote_code=False,
            )  # fmt: skip
        except Exception as error:
            raise unreadable(folder, "a checkpoint that transformers can build", _one_line(error)) from error
    absent = sorted(loaded["missing_keys"])
    if absent:
        raise unreadable(
            folder, f"a whole {type(model).__name__}", f"the weights lack {listed(absent, 4)}, which would stay random"
        )
    return model.eval(), tuple(sorted(loaded["unexpected_keys"]))


def _tokenizer(folder: Path) -> Any:
    path = folder / "tokenizer.json"
    if not path.is_file():
        return None
    try:
        return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # tokenizers raises plain Exception for a file it cannot parse
        raise unreadable(path, "a tokenizer", _one_line(error)) from error


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise unreadable(path, "a JSON file", "it is missing") from error
    except (OSError, ValueError) as error:
        raise unreadable(path, "a JSON file", _one_line(error)) from error
    if not isinstance(found, dict):
        raise unreadable(path, "a JSON object", f"it holds a {type(found).__name__}")
    return found


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from printing its bars and its list of unused tensors, which we give ourselves."""
    logging: Any = transformers.utils.logging
    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
