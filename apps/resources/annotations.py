"""Names of annotations that more than one part of the program knows."""

from __future__ import annotations

MODEL = "stigmer.ai/model"
"""On an instance or an agent: the model of its runs, `provider:model` or `model`."""
JSON_INPUT = "stigmer.ai/json-input"
"""On a run of a workflow: which values of its `trigger_metadata` are JSON and not text, a JSON list of their names."""
TEMPERATURE = "stigmer.ai/temperature"
"""On a run, an instance or an agent: how freely the model chooses its words, a number from 0 to 2."""
