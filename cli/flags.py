"""Flags with a value: `--follow=false` means `--no-follow`, as scripts that fill in a value write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

VALUES = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def without_values(context: click.Context, parameters: Iterable[click.Parameter], words: Sequence[str]) -> list[str]:
    """The words of a command line with its flags as click takes them. Raises BadParameter for another value."""
    options = {name: each for each in parameters if isinstance(each, click.Option) for name in _names(each)}
    return [*_translated(context, options, words)]


def _translated(context: click.Context, options: dict[str, click.Option], words: Sequence[str]) -> Iterator[str]:
    is_value = False  # of the option before it
    for place, word in enumerate(words):
        if word == "--" and not is_value:
            yield from words[place:]
            return
        name, equals, value = word.partition("=")
        option = options.get(name)
        if is_value or option is None or not option.is_flag:
            is_value = not is_value and _takes_the_next(options, word)
            yield word
        elif not equals:
            yield word
        else:
            yield from _flag(context, option, name, value)


def _takes_the_next(options: dict[str, click.Option], word: str) -> bool:
    """Whether the next word is the value of this one: an option, or several of one letter of which the last has it."""
    if word.startswith("--") or word in options:
        option = options.get(word)
        return option is not None and not option.is_flag
    if not word.startswith("-"):
        return False
    for place, letter in enumerate(word[1:], start=2):
        option = options.get(f"-{letter}")
        if option is None or not option.is_flag:
            return option is not None and place == len(word)
    return False


def _flag(context: click.Context, option: click.Option, name: str, value: str) -> Iterator[str]:
    """What stands for a flag that is on or off: nothing for one that is off and has no opposite."""
    if value.lower() not in VALUES:
        raise click.BadParameter(f"must be true or false, not {value!r}", context, option)
    is_on = VALUES[value.lower()]
    if name in option.secondary_opts:
        is_on = not is_on
    if is_on:
        yield option.opts[0]
    elif option.secondary_opts:
        yield option.secondary_opts[0]


def _names(option: click.Option) -> list[str]:
    return [*option.opts, *option.secondary_opts]
