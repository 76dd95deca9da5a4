"""`stigmer completion`: what makes a shell complete our commands."""

from __future__ import annotations

import click

from cli.command import Command
from cli.output import Console


@click.command(
    cls=Command,
    examples="""
        eval "$(stigmer completion bash)"
        stigmer completion zsh > ~/.zfunc/_stigmer
        stigmer completion fish > ~/.config/fish/completions/stigmer.fish
    """,
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def command(console: Console, shell: str) -> None:
    """Print the script with which SHELL completes commands, options, kinds, and names of what is deployed.

    Names come from the server while it runs.
    """
    from cli.completion import script
    from cli.main import root

    console.data(script(root, shell))
