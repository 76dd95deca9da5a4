"""What every kind of run has beyond the envelope, and the events that make up its status."""

from __future__ import annotations

from django.db import models

from apps.resources.base import ID_LENGTH, Resource


class Phase(models.IntegerChoices):
    """ExecutionPhase of the contract, the same for agents and workflows."""

    PENDING = 1, "pending"
    IN_PROGRESS = 2, "in progress"
    COMPLETED = 3, "completed"
    FAILED = 4, "failed"
    CANCELLED = 5, "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self >= Phase.COMPLETED

    @property
    def wire_name(self) -> str:
        return f"EXECUTION_{self.name}"


class Waiting(models.TextChoices):
    """What a run in progress waits for before it goes on by itself."""

    NOTHING = "", "nothing"
    PAUSED = "paused", "paused"


class Execution(Resource):
    """A run. The row is the truth about who works on it; queues only wake somebody up.

    Whoever works on a run holds its lease: `lease_owner` says who, `lease_until` moves with each renewal; it is
    claimed, renewed and taken away by conditional updates. A run in progress without an owner is not running, and is
    driven again or failed with a reason. `snapshot` holds the whole status only once the run has ended (`is_folded`);
    before that it is the envelope that events are folded into.
    """

    phase = models.PositiveSmallIntegerField(choices=Phase.choices, default=Phase.PENDING, editable=False)
    lease_owner = models.CharField(max_length=80, blank=True, default="", editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempt = models.PositiveIntegerField(default=0, editable=False)
    worked_seconds = models.FloatField(default=0.0, editable=False)
    """How long it was worked on, to within a renewal of the lease: neither clocks that are set nor sleep count."""
    cancel_requested_at = models.DateTimeField(null=True, editable=False)
    cancel_reason = models.TextField(blank=True, default="", editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, default="", editable=False)
    callback_token = models.BinaryField(default=b"", editable=False)
    callback_done_at = models.DateTimeField(null=True, editable=False)
    is_waited_for = models.BooleanField(default=False, editable=False)
    """Whoever gave the callback token has not been told of the end."""
    is_folded = models.BooleanField(default=False, editable=False)
    waiting = models.CharField(max_length=16, choices=Waiting.choices, blank=True, default="", editable=False)
    pause_turn = models.PositiveIntegerField(default=0, editable=False)
    """Counts its pauses and the ends of them, so that what its engine hears in any order has one meaning: while it is
    paused it is odd."""
    pause_turn_told = models.PositiveIntegerField(default=0, editable=False)
    """The last one that its engine was told."""
    signals = models.PositiveIntegerField(default=0, editable=False)
    """How many were sent to it."""
    signals_told = models.PositiveIntegerField(default=0, editable=False)
    """How many of them its engine was told of."""
    target_id = models.CharField(max_length=ID_LENGTH, blank=True, default="", editable=False)
    """The agent or the workflow that it is a run of."""
    tokens = models.PositiveBigIntegerField(null=True, editable=False)
    """Read and written by models, once it has ended."""
    seconds = models.FloatField(null=True, editable=False)
    """From its start to its end."""
    environments = models.JSONField(default=list, editable=False)
    """Slugs of those that this run has beyond those of its instance."""

    class Meta(Resource.Meta):
        abstract = True
        indexes = [
            *Resource.Meta.indexes,
            models.Index(fields=["phase", "-id"], name="%(class)s_by_phase"),
            models.Index(fields=["target_id", "-id"], name="%(class)s_by_target"),
            models.Index(fields=["seconds"], name="%(class)s_by_seconds"),
            models.Index(fields=["tokens"], name="%(class)s_by_tokens"),
            # All that charts read: a span of it is as quick as it is short.
            models.Index(fields=["completed_at", "phase", "seconds", "tokens", "id"], name="%(class)s_by_end"),
            models.Index(fields=["id"], condition=models.Q(is_waited_for=True), name="%(class)s_waited_for"),
        ]

    def __str__(self) -> str:
        return self.pk  # nobody gives it a name

    @property
    def is_under_way(self) -> bool:
        return not Phase(self.phase).is_terminal

    @property
    def is_free(self) -> bool:
        """Whether whoever comes may claim it: nobody has worked on it yet, or it was given back."""
        return self.phase == Phase.PENDING or (self.phase == Phase.IN_PROGRESS and not self.lease_owner)


class ExecutionEvent(models.Model):
    """One change of one run. Rows are only ever added; they go with their run.

    `number` counts the events of a run from 1, without gaps and in the order of their commits: it is given while the
    run's row is locked. Primary keys are not in that order where several transactions write at once.
    `events.py` says which types there are, and reads `data`.
    """

    id = models.BigAutoField(primary_key=True)
    execution_id = models.CharField(max_length=ID_LENGTH)
    number = models.PositiveIntegerField()
    type = models.CharField(max_length=16)
    data = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["execution_id", "number"]
        constraints = [models.UniqueConstraint(fields=["execution_id", "number"], name="event_number")]

    def __str__(self) -> str:
        return f"{self.execution_id} {self.type} {self.number}"


class StepRecord(models.Model):
    """One step with an effect, noted before it acts and after: what makes a repeat harmless.

    (`execution_id`, `key`, `attempt`) identifies it; `key` stands for `path`, which has no limit. A record that
    has begun and not ended is an outcome that nobody knows. `result` is sealed. Rows go when their run ends;
    those of one that failed are kept for a retry.
    """

    id = models.BigAutoField(primary_key=True)
    execution_id = models.CharField(max_length=ID_LENGTH)
    key = models.CharField(max_length=64)
    path = models.TextField()
    attempt = models.PositiveIntegerField()
    request_hash = models.CharField(max_length=64, blank=True, default="")
    has_ended = models.BooleanField(default=False)
    result = models.TextField(blank=True, default="")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["execution_id", "key", "attempt"], name="step_record_identity")]

    def __str__(self) -> str:
        return f"{self.execution_id} {self.path} {self.attempt}"


class SignalKind(models.TextChoices):
    """What the sender of a signal wants."""

    SIGNAL = "signal", "signal"
    UPDATE = "update", "update"
    QUERY = "query", "query"


class RunSignal(models.Model):
    """A signal that was sent to a run: stored before its sender is told, kept until the run is deleted.

    `number` counts those of a run from 1; it is given while the run's row is locked. `key` is the id that the sender
    chose, `digest` tells a repeat from another signal. `data` and `answer` are sealed JSON, "" for none.
    """

    id = models.BigAutoField(primary_key=True)
    execution_id = models.CharField(max_length=ID_LENGTH)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=SignalKind.choices)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    data = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    taken_by = models.TextField(blank=True, default="")
    """Path of the task that took it."""
    answer = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["execution_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["execution_id", "number"], name="signal_number"),
            models.UniqueConstraint(fields=["execution_id", "key"], name="signal_key"),
        ]

    def __str__(self) -> str:
        return f"{self.execution_id} {self.name} {self.number}"


class RunText(models.Model):
    """The words of one run, for searching: normalized as `run_text.words` has them, nothing secret in them.

    An index that the database keeps in the same transactions stands on it: FTS5 by triggers, or a tsvector. Rows are in
    the order in which runs were created, and go with their run.
    """

    id = models.BigAutoField(primary_key=True)
    execution_id = models.CharField(max_length=ID_LENGTH, unique=True)
    name = models.TextField()
    message = models.TextField()
    input = models.TextField()
    output = models.TextField()
    error = models.TextField()

    def __str__(self) -> str:
        return self.execution_id


class RunUsage(models.Model):
    """What one model was asked by one run, noted when that ends and gone with it; what is summed up stands beside it.

    `prompt_over` tells long prompts apart, which some providers charge more for: the largest of `spending.LONG_PROMPTS`
    that the prompts of these answers were longer than. Tokens are not money yet: prices come, go and are corrected.
    """

    id = models.BigAutoField(primary_key=True)
    execution_id = models.CharField(max_length=ID_LENGTH)
    model = models.CharField(max_length=200)
    prompt_over = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField()
    output_tokens = models.PositiveBigIntegerField()
    target_id = models.CharField(max_length=ID_LENGTH, blank=True, default="")
    org = models.CharField(max_length=63, blank=True, default="")
    ended_second = models.BigIntegerField()
    """From the epoch: a day of any zone is a division, which both databases do alike."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["execution_id", "model", "prompt_over"], name="usage_of_run"),
        ]
        indexes = [
            models.Index(fields=["ended_second"], name="usage_by_time"),
            models.Index(fields=["target_id", "ended_second"], name="usage_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.execution_id} {self.model}"
