"""Secrets travel as placeholders and are opened only inside the call that needs them.

placeholders.py   what stands for a secret everywhere in a run, and what people see of it
run_secrets.py    opens and closes them, where calls are made
addresses.py      a secret in an address, which is one value of its place
"""

from apps.workflows.secrets.addresses import begins_sealed
from apps.workflows.secrets.placeholders import encoded, in_base64, intact, mask, placeholder, placeholders
from apps.workflows.secrets.run_secrets import RunSecrets, UnknownSecret

__all__ = [
    "RunSecrets",
    "UnknownSecret",
    "begins_sealed",
    "encoded",
    "in_base64",
    "intact",
    "mask",
    "placeholder",
    "placeholders",
]
