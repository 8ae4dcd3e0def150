"""YAML text to plain data, whatever the text is: the only way YAML gets in.

In: text of a recipe, a preset or a ``--set``. Out: plain data, or one error. A text that is too long, an alias that
would unfold into millions of values (the "billion laughs"), one that holds itself, nesting without end, a key that is
there twice, a date or number that cannot be: all are refused in bounded time and memory. Aliases that unfold into
little are allowed.
"""

import reprlib
from typing import Any

import yaml

from dualset.builders.errors import RecipeError

__all__ = ["LONGEST_YAML", "load_yaml", "shown"]

LONGEST_YAML = 1 << 16
"""Characters; a recipe has a few thousand."""
_MOST_VALUES = 100_000


class _Loader(yaml.SafeLoader):
    """A safe loader without the silent loss of a repeated key."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    problem = f"the key {shown(key.value)} is there twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def load_yaml(text: str, where: str) -> Any:
    """The one document in a YAML text, as plain data.

    Raises:
        RecipeError: it is no YAML, or more than any settings can be.
    """
    if len(text) > LONGEST_YAML:
        msg = f"{where} is longer than {LONGEST_YAML:,} characters: expected a few lines of settings"
        raise RecipeError(msg)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        if (values := _unfolded(node, {})) > _MOST_VALUES:
            msg = f"{where} unfolds into {shown(values)} values by its aliases: write out what is meant"
            raise RecipeError(msg)
        return loader.construct_document(node)
    except RecursionError as error:
        msg = f"{where} is nested too deeply, or has an alias that holds itself: write out what is meant"
        raise RecipeError(msg) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        msg = f"{where} is not YAML: {' '.join(str(error).split())}"
        raise RecipeError(msg) from error


def shown(value: Any) -> str:
    """A value as a message shows it: short, whatever it is."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = brief.maxlong = 80
    try:
        return brief.repr(value)
    except ValueError:  # Python refuses to print integers of more than 4,300 digits
        return f"a {type(value).__name__} of very many digits"


def _unfolded(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node has once its aliases are followed. One that holds itself recurses without end."""
    if id(node) not in known:
        nested = node.value if isinstance(node, yaml.SequenceNode) else ()
        if isinstance(node, yaml.MappingNode):
            nested = [child for pair in node.value for child in pair]
        known[id(node)] = 1 + sum(_unfolded(child, known) for child in nested)
    return known[id(node)]
