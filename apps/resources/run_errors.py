"""What can be wrong with starting, working on and ending runs."""

from __future__ import annotations

from apps.resources.errors import StigmerError


class EngineUnavailable(StigmerError):
    """What would run it is not there; nothing was stored."""

    reason = "stigmer.execution.engine_unavailable"


class EnvironmentMissing(StigmerError):
    """A run cannot begin: an environment that it or its instance refers to was deleted."""

    reason = "stigmer.execution.environment_missing"

    def __init__(self, environment: str, whose: str) -> None:
        super().__init__(
            f"environment {environment!r}, which {whose} refers to, does not exist",
            hint=f"Create it again, or take it out of {whose}",
        )


class SkillMissing(StigmerError):
    """A run cannot begin: its agent refers to skills that are not here. `skill` is the slug of the first of them."""

    reason = "stigmer.execution.skill_missing"

    def __init__(self, agent: str, said: list[str], skill: str, owner: str) -> None:
        self.skill = skill
        super().__init__(
            f"agent {agent!r} cannot be run: {'; '.join(said)}",
            hint=f"Push it: `stigmer skill push DIR --name {skill} {owner}`",
        )


class SecretUnset(StigmerError):
    """A run cannot begin: its environment declares a secret that nobody has given a value."""

    reason = "stigmer.execution.secret_unset"

    def __init__(self, environment: str, name: str) -> None:
        super().__init__(
            f"environment {environment!r} has no value for the secret {name}",
            hint=f"`stigmer env set {environment} {name} --secret`, or give it to the run: --runtime-env secret:{name}",
        )


class SecretUnreadable(StigmerError):
    """A run cannot begin: a value that it needs is sealed with a key that is gone."""

    reason = "stigmer.execution.secret_unreadable"

    def __init__(self, name: str, key_id: str) -> None:
        super().__init__(
            f"the value of {name} was encrypted with the key {key_id!r}, which is not on this machine",
            hint="Restore the key file, or set the value again",
        )


class IllegalTransition(StigmerError):
    """Phases only go forward, and a run that has ended stays as it is."""

    reason = "stigmer.execution.illegal_transition"

    def __init__(self, execution_id: str, before: str, after: str, *, has_ended: bool) -> None:
        self.before, self.after = before, after
        said = f"has already ended: {before}" if has_ended else f"is {before} and cannot become {after}"
        hint = f"`stigmer executions rerun {execution_id}` starts it once more"
        super().__init__(f"execution {execution_id} {said}", hint=hint if has_ended else "")


class SignalDiffers(StigmerError):
    """A signal with the id of another one, which was sent to the same run before."""

    reason = "stigmer.execution.signal_differs"

    def __init__(self, execution_id: str, key: str) -> None:
        super().__init__(
            f"another signal was sent to {execution_id} with the id {key!r}",
            hint="Give each signal an id of its own; the same id is for sending the same once more",
        )


class TooManySignals(StigmerError):
    """A run keeps no more signals that none of its tasks has taken."""

    reason = "stigmer.execution.too_many_signals"

    def __init__(self, execution_id: str, most: int) -> None:
        super().__init__(
            f"{execution_id} has {most:,} signals that no task has taken, and keeps no more",
            hint="See what it listens for: `stigmer executions show`",
        )


class NotRetryable(StigmerError):
    """A run that cannot go on from where it failed; the hint is the way out."""

    reason = "stigmer.execution.not_retryable"

    def __init__(self, execution_id: str, why: str, hint: str) -> None:
        super().__init__(f"{execution_id} {why}", hint=hint)


class DocumentUnsupported(StigmerError):
    """A run of a document that is no stored workflow."""

    reason = "stigmer.execution.document_unsupported"

    def __init__(self) -> None:
        super().__init__(
            "this version runs stored workflows only, not a document that comes with the call",
            hint="Deploy it with `stigmer apply`, create a run of it, and leave workflow_yaml empty",
        )


class LeaseLost(StigmerError):
    """Somebody else works on the run now, or it has ended or gone: stop, and write nothing more."""

    reason = "stigmer.execution.lease_lost"

    def __init__(self, execution_id: str) -> None:
        super().__init__(f"execution {execution_id} is no longer ours to work on")
