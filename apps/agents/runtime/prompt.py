"""What the model is told before the conversation."""

from __future__ import annotations

from datetime import datetime


def instructions(agent_instructions: str, *, organization: str, today: datetime, note: str = "") -> str:
    """The agent's own instructions, then the few facts that every agent gets."""
    facts = [f"Today is {today:%A, %Y-%m-%d} (UTC)."]
    if organization:
        facts.append(f"You work for the organization {organization}.")
    if note:
        facts.append(note)
    return f"{agent_instructions.strip()}\n\n{' '.join(facts)}"
