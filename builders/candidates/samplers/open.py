"""Which engine a recipe means. In: the ``candidates:`` section. Out: the sampler, its model loaded or its server known.

Each engine is imported only where it is asked for: none of their libraries is needed for the others.
"""

from dualset.builders.candidates.samplers.sampler import Sampler
from dualset.builders.candidates.settings import CandidateSettings

__all__ = ["open_sampler"]


def open_sampler(settings: CandidateSettings) -> Sampler:
    """The sampler of these settings, which were checked. Close it.

    Raises:
        ModelError: the model cannot be loaded, or the server cannot be reached or does not have it.
        MissingExtra: the engine's library is not installed.
    """
    if settings.source == "openai":
        from dualset.builders.candidates.samplers.openai import OpenAISampler

        return OpenAISampler.load(settings)
    if settings.source == "vllm":
        from dualset.builders.candidates.samplers.vllm import VllmSampler

        return VllmSampler.load(settings)
    from dualset.builders.candidates.samplers.transformers import TransformersSampler

    return TransformersSampler.load(settings)
