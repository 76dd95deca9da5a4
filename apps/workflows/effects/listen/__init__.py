"""Signals that a task listens to: call.py says what crosses, inbox.py knows the database."""

from __future__ import annotations

from typing import Final

from apps.workflows.effects.base import Desk, Wait
from apps.workflows.effects.listen.call import ListenCall, ListenReply

__all__ = ["EFFECT", "ListenCall", "ListenReply"]


def look(call: ListenCall, desk: Desk) -> ListenReply:
    from apps.workflows.effects.listen import inbox

    return inbox.look(call, desk.secrets)


def give_back(call: ListenCall) -> None:
    from apps.workflows.effects.listen import inbox

    inbox.give_back(call)


EFFECT: Final = Wait(
    activity="listen",
    call=ListenCall,
    reply=ListenReply,
    look=look,
    give_back_activity="give_back_signals",
    give_back=give_back,
)
