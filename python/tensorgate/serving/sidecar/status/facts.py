"""All that the sidecar says of itself at one moment."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tensorgate import contract_json
from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar.status.traffic import Snapshot

OK = "ok"
DRAINING = "draining"
NO_CONTRACT = "no model has a contract yet"


@dataclasses.dataclass(frozen=True)
class Status:
    """The facts of the page, of /status.json and of /metrics.

    Attributes:
        version: tensorgate's.
        mode: enforce, monitor or sample.
        sample_rate: the share of the requests that is judged, from 0 to 1.
        health: OK, DRAINING or NO_CONTRACT.
        started: when the sidecar started, in seconds since the epoch.
        now: the moment.
        models: what is served.
        traffic: what has come.
    """

    version: str
    mode: str
    sample_rate: float
    health: str
    started: float
    now: float
    models: Sequence[ModelState]
    traffic: Snapshot

    def to_json(self) -> str:
        """Return the facts for machines. Times are seconds since the epoch."""
        return json.dumps(
            {
                "tensorgate": self.version,
                "mode": self.mode,
                "sample_rate": self.sample_rate,
                "health": self.health,
                "started": self.started,
                "now": self.now,
                "models": [_model(model) for model in self.models],
                "requests": self._requests(),
                "violations": [fault._asdict() | {"requests": count} for fault, count in self.traffic.faults.items()],
                "latest": [refusal._asdict() for refusal in self.traffic.latest],
            }
        )

    def _requests(self) -> list[dict[str, Any]]:
        return [
            key._asdict()
            | {
                "count": requests.count,
                "bytes": requests.sizes.total,
                "seconds": requests.seconds.total,
                "median_seconds": requests.seconds.quantile(0.5),
                "p99_seconds": requests.seconds.quantile(0.99),
            }
            for key, requests in self.traffic.requests.items()
        ]


def _model(model: ModelState) -> Mapping[str, Any]:
    return {
        "name": model.name,
        "base_path": model.base_path,
        "newest": model.newest,
        "versions": [
            {
                "number": version.number,
                "since": version.since,
                "labels": version.labels,
                "signatures": {
                    name: contract_json.to_form(signature) for name, signature in version.signatures.items()
                },
            }
            for version in model.versions
        ],
        "problems": [{"version": number, "problem": problem} for number, problem in model.problems.items()],
    }
