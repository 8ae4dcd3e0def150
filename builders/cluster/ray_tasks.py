"""What is handed to Ray. This module travels as it is, so that a node where dualset is missing or older can say so.

In: a row with an order's name. Out: what became of the order, as JSON: `worker.Told`, or the ``bug`` as it was raised.
At its top it imports nothing of dualset.
"""

import json
import socket
import traceback
from collections.abc import Callable
from typing import Any

__all__ = ["Ask", "label"]

Row = dict[str, str]


def label(row: Row, *, address: str, run: str) -> Row:
    """Label the shard of a row's order."""

    def order() -> Any:
        from dualset.builders.cluster import worker

        return worker.label(address, run, row["order"])

    return _told(row["order"], order)


class Ask:
    """Holds a model and samples what a row's order asks for."""

    def __init__(self, address: str, run: str) -> None:
        self._address, self._run = address, run
        self._asking: Any = None

    def __call__(self, row: Row) -> Row:
        """Sample what an order asks for."""

        def order() -> Any:
            from dualset.builders.cluster import worker

            self._asking = self._asking or worker.Asking(self._address, self._run)
            return self._asking.sample(row["order"])

        return _told(row["order"], order)


def _told(name: str, order: Callable[[], Any]) -> Row:
    try:
        told = order().plain()
    except ModuleNotFoundError as error:
        told = {"order": name, "arrived": [], "stop": f"the node {socket.gethostname()} cannot work: {error}"}
    except Exception:  # noqa: BLE001
        told = {"order": name, "arrived": [], "bug": traceback.format_exc()}  # shown whole by the driver
    return {"told": json.dumps(told)}
