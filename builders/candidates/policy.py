"""Loading the model that writes programs, together with the name and revision that say exactly which it was.

In: a local folder, a Hub id, or ``micro`` for the policy that comes with the package. Out: a `Policy`. It leaves out
adapters (merge them first) and remote code, which is never run.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.errors import MissingExtra, ModelError

__all__ = [
    "EXACT_BELOW",
    "MICRO_POLICY",
    "MICRO_POLICY_FOLDER",
    "MODEL_FILES",
    "OUR_POLICIES",
    "Place",
    "Policy",
    "digest_of_model",
    "folder_here",
    "load_policy",
    "locate_model",
    "name_here",
]

MICRO_POLICY = "micro"
"""The word for the tiny policy that comes with the package."""
MICRO_POLICY_FOLDER = Path(__file__).parent / "micro_policy"

OUR_POLICIES = {MICRO_POLICY: MICRO_POLICY_FOLDER, "micro-roles": Path(__file__).parent / "micro_roles_policy"}
"""What comes with the package: ``micro`` writes programs and ranks them, ``micro-roles`` writes programs and tests."""

EXACT_BELOW = 50_000_000
"""Parameters up to which a CPU computes in double precision. It halves the speed (308 to 160 completions/s a core with
0.85M parameters), but then the rounding of a batch, thread count or processor no longer reaches the text: without it
about one token in 50,000 differs."""

MODEL_FILES: tuple[str, ...] = (
    "*.safetensors",
    "*.safetensors.index.json",
    "pytorch_model*.bin*",
    "*config.json",
    "*.jinja",
)
MODEL_FILES += ("tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json")
"""The files that make up a model, by name."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Policy:
    """A loaded model. ``revision`` is its Hub commit, or the sha256 over its files (see `digest_of_model`)."""

    model: Any
    tokenizer: Any
    name: str
    revision: str

    @property
    def window(self) -> int | None:
        """Its context window in tokens, where its configuration says."""
        size: int | None = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return size


class Place(NamedTuple):
    """Where a model's files are, what it is called, and exactly which it is."""

    folder: Path
    name: str
    revision: str


def load_policy(
    model: str,
    *,
    revision: str | None = None,
    device: str = "auto",
    chat_template: bool = True,
    scores: bool = False,
    new_head: int | None = None,
) -> Policy:
    """Load a causal language model and its tokenizer, ready to sample.

    Args:
        model: a local folder, a Hub id such as ``Qwen/Qwen3-0.6B``, or one of ours (``micro``, ``micro-roles``).
        revision: of a Hub model: a commit, branch or tag; it is resolved to the commit. Of a folder: the digest that
            it must have, if given.
        device: cpu, cuda or auto (cuda where there is one).
        chat_template: whether its tokenizer must have one.
        scores: load a model that gives one score instead (a reward model: sequence classification with one label).
        new_head: with ``scores``, where the files are of a language model: the seed of the head that it lacks. None:
            such a model is refused.

    Raises:
        ModelError: there is no such model, its files are not one, or it is not the one that ``revision`` says.
        MissingExtra: torch or transformers is not installed.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train") from error
    place = locate_model(model, revision)
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    # a model is stored in half precision as a rule, which a CPU computes slowly
    dtype = torch.float32 if where == "cpu" else "auto"
    with _quiet(transformers):
        loaded, tokenizer = _read(transformers, place, dtype, scores, new_head)
    try:
        loaded = loaded.to(where).eval()
        if where == "cpu" and loaded.num_parameters() <= EXACT_BELOW:
            loaded = loaded.double()
    except (RuntimeError, AssertionError) as error:
        msg = f"cannot use device {device!r}: {_line(error)}: choose cpu, cuda or auto"
        raise ModelError(msg) from error
    if chat_template and not tokenizer.chat_template:
        msg = f"{model}: its tokenizer has no chat template, so it cannot be asked anything: use an instruction model"
        raise ModelError(msg)
    return Policy(model=loaded, tokenizer=tokenizer, name=place.name, revision=place.revision)


@contextmanager
def one_thread(model: Any) -> Iterator[None]:
    """A model of at most `EXACT_BELOW` parameters has one thread of a CPU.

    It gains little from more, on a busy machine loses nearly all to their waiting (300 → 9 completions/s), and with
    two of them a training run now and then differs from the next in a last digit.
    """
    import torch

    threads = torch.get_num_threads()
    if model.device.type == "cpu" and model.num_parameters() <= EXACT_BELOW:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def digest_of_model(folder: Path) -> str:
    """The sha256 over the names and sha256s of the files that make up a model: weights, configuration and tokenizer."""
    names = sorted({file.name for part in MODEL_FILES for file in folder.glob(part) if file.is_file()})
    whole = hashlib.sha256()
    for name in names:
        with (folder / name).open("rb") as file:
            whole.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def locate_model(model: str, revision: str | None = None) -> Place:
    """The files of a model, fetched from the Hub where they are not here.

    Args:
        model: as for `load_policy`.
        revision: likewise.

    Raises:
        ModelError: there is no such model, or it is not the one that ``revision`` says.
    """
    folder = folder_here(model)
    if folder is None:
        return _from_hub(model, revision)
    digest = digest_of_model(folder)
    if revision is not None and not (len(revision) >= 8 and digest.startswith(revision)):
        msg = f"{model} has the digest {digest[:16]}, not {revision}: its files are not those that were asked for"
        raise ModelError(msg)
    return Place(folder, name_here(model, folder), digest)


def folder_here(model: str) -> Path | None:
    """The folder of a model that is no Hub id; None: it is one.

    Raises:
        ModelError: it is neither, or the folder holds no model.
    """
    folder = OUR_POLICIES.get(model) or Path(model).expanduser()
    if not folder.exists():
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", model):
            msg = f"no model at {model!r}: give a folder, a Hub id such as Qwen/Qwen3-0.6B, or {MICRO_POLICY}"
            raise ModelError(msg)
        return None
    if not (folder / "config.json").is_file():
        msg = f"{model} is not a model folder: it has no config.json"
        raise ModelError(msg)
    return folder


def name_here(model: str, folder: Path) -> str:
    """What a model in a folder is called."""
    return model if model in OUR_POLICIES else folder.resolve().name


def _from_hub(model: str, revision: str | None) -> Place:
    """The snapshot in the Hugging Face cache; its folder is named by the commit, also when offline."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(model, revision=revision, allow_patterns=list(MODEL_FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        msg = f"no model at {model!r}: there is no such folder, and it cannot be fetched from the Hub ({_line(error)})"
        raise ModelError(msg) from error
    return Place(Path(folder), model, Path(folder).name)


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Loading says nothing on stderr: no bars and no advice, which would not be about the user's own doing."""
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _line(error: Exception) -> str:
    """The error's first words: libraries write paragraphs."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


_HEAD = "score.weight"
"""What a language model lacks to be a reward model, in transformers' decoders."""


def _read(transformers: Any, place: Place, dtype: Any, scores: bool, new_head: int | None) -> tuple[Any, Any]:
    import torch
    from safetensors import SafetensorError

    kind = transformers.AutoModelForSequenceClassification if scores else transformers.AutoModelForCausalLM
    asked = {"dtype": dtype, "local_files_only": True, "output_loading_info": True}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(place.folder, local_files_only=True)
        if new_head is None:
            model, report = kind.from_pretrained(place.folder, **asked)
        else:
            with torch.random.fork_rng():
                torch.manual_seed(new_head)
                model, report = kind.from_pretrained(place.folder, num_labels=1, **asked)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, SafetensorError) as error:
        what = "reward" if scores else "language"
        msg = f"{place.name}: its files cannot be loaded as a {what} model ({_line(error)})"
        raise ModelError(msg) from error
    missing = set(report["missing_keys"]) - ({_HEAD} if new_head is not None else set())
    if missing or report["mismatched_keys"]:  # transformers would fill them with random numbers
        first = sorted(map(str, missing or report["mismatched_keys"]))[0]
        msg = f"{place.name}: its weights do not fit its config.json: {first} is missing or has another shape"
        raise ModelError(msg)
    return model, tokenizer
