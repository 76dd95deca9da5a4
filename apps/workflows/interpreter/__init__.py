"""The interpreter: decisions only.

What it does to the world goes through `Driver`, what jq decides through `Evaluator`. Start at `execute.run_workflow`.
"""
