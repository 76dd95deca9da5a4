"""What is said of a definition when it is deployed."""

from __future__ import annotations

from apps.resources.errors import Violation
from apps.resources.ports import Inspection
from apps.workflows.definition import InvalidDefinition
from apps.workflows.expressions import Evaluator
from apps.workflows.parsing import parse_definition, unsupported_tasks
from apps.workflows.values import Json


def inspect_definition(spec: dict[str, Json], evaluator: Evaluator) -> Inspection:
    """Errors for what no version could run; warnings for what this one cannot run yet."""
    try:
        definition = parse_definition(spec, evaluator)
    except InvalidDefinition as invalid:
        return Inspection(errors=[Violation(problem.path, problem.message) for problem in invalid.problems])
    unsupported = unsupported_tasks(definition)
    return Inspection(
        warnings=[
            Violation(task.path, f"task {task.name} of kind {task.kind} is deployed, but cannot be run by this version")
            for task in unsupported
        ]
    )
