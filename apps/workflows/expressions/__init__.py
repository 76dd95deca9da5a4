"""The expression language of workflows: jq inside `${ }`, in profile `stigmer`.

`compile_template` for any string of a definition, `compile_expression` where an expression is required,
`compile_condition` for the cases of a switch. All are pure functions of the text and cached by it.
"""

from apps.workflows.expressions.errors import EvaluationFailed, ExpressionError
from apps.workflows.expressions.evaluator import Evaluator, JqProcess
from apps.workflows.expressions.program import Program
from apps.workflows.expressions.scope import Scope
from apps.workflows.expressions.template import (
    Condition,
    Template,
    compile_condition,
    compile_expression,
    compile_template,
    map_strings,
)

__all__ = [
    "Condition",
    "EvaluationFailed",
    "Evaluator",
    "ExpressionError",
    "JqProcess",
    "Program",
    "Scope",
    "Template",
    "compile_condition",
    "compile_expression",
    "compile_template",
    "map_strings",
]
