"""The recipe's ``candidates:`` section: which model's attempts, and how they were or are sampled."""

from dataclasses import dataclass

__all__ = ["CandidateSettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateSettings:
    """Imported samples (``source: samples``) or a model to sample (``source: transformers``).

    Attributes:
        source: samples or transformers.
        format: samples: jsonl, codet, humaneval, livecodebench, apps or mapcoder.
        path: samples: one file or folder, or several.
        hub: samples: a Hub dataset id instead of ``path``, then with ``revision``.
        revision: samples: the Hub commit.
        files: samples: of a Hub dataset, the files to read, as a glob; all data files by default.
        model: samples: who wrote them, where the file does not say. transformers: a local folder, a Hub id, or
            ``micro`` for the policy that comes with the package.
        model_revision: the model's Hub commit.
        n: transformers: samples a problem.
        temperature: sampling temperature; for samples, what the file's samples were drawn at.
        top_p: nucleus mass, likewise.
        top_k: 0 is off, likewise.
        max_tokens: transformers: new tokens at most.
        seed: transformers: the run's seed; each sample's own is derived from it, the problem and the index.
        batch_size: transformers: sequences a forward pass; no part of the version's identity.
        device: transformers: cpu, cuda or auto; no part of the version's identity.
    """

    source: str
    format: str | None = None
    path: tuple[str, ...] = ()
    hub: str | None = None
    revision: str | None = None
    files: str | None = None
    model: str | None = None
    model_revision: str | None = None
    n: int = 8
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int = 1024
    seed: int = 0
    batch_size: int = 64
    device: str = "auto"
