"""Celery as we use it: it carries ids of runs, and the rows are the truth.

A run takes longer than RabbitMQ waits for an acknowledgement (it closes the channel after half an hour), so a message
is acknowledged when its run begins. What is lost or comes twice costs a sweep or a look at the row. Nothing is kept of
results, and nothing is told of tasks.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from celery import Celery
from kombu import Exchange, Queue

ANSWER_SECONDS: Final = 5.0
"""A broker that says nothing for so long is as good as gone."""
PUBLISHING: Final[dict[str, Any]] = {  # Any: as Celery takes them
    "confirm_timeout": ANSWER_SECONDS,
    "retry": True,
    "retry_policy": {"max_retries": 1, "interval_start": 0, "interval_max": 0},
}
"""Of each message. Connections are kept: one that the broker has left meanwhile is made once more, at once."""


def tls_of(broker_url: str) -> dict[str, str] | None:
    """For `amqps://`: whose certificate it has to be. Without it the library takes any that an authority has signed."""
    parts = urlsplit(broker_url)
    return {"server_hostname": parts.hostname or "localhost"} if parts.scheme == "amqps" else None


def make_app(broker_url: str, queue: str) -> Celery:
    """An application with one quorum queue, which outlives a broken disk, of that name."""
    # Its fixup for Django would look for modules in the current directory, and has connections of its own mind.
    app = Celery("stigmer", fixups=[], set_as_current=False)
    app.conf.update(
        broker_read_url=broker_url,  # unlike `broker_url`, no variable of the environment wins over these
        broker_write_url=broker_url,
        broker_use_ssl=tls_of(broker_url) or False,
        broker_connection_timeout=ANSWER_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_heartbeat=30,
        broker_transport_options={"confirm_publish": True},
        task_queues=[Queue(queue, Exchange(queue), routing_key=queue, queue_arguments={"x-queue-type": "quorum"})],
        task_default_queue=queue,
        task_default_exchange=queue,
        task_default_routing_key=queue,
        task_create_missing_queues=False,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        result_backend=None,
        worker_consumer="stigmer_site.machine.celery_consumer:RunConsumer",
        worker_pool="threads",
        worker_prefetch_multiplier=1,
        # Those that are not acknowledged yet: none of ours. Not to say so earns a warning at each loss.
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
    )
    return app
