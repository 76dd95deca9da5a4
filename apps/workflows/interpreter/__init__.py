"""The interpreter: decisions only.

What it does to the world goes through `Effects`, what jq decides through `Evaluator`. Start at `execute.run_workflow`;
`effects` is what a driver implements.
"""
