"""What our workflows are compared with: a plain program, `python -m benchmarks.plain_temporal ADDRESS`.

The same HTTP steps as ordinary activities, on a worker as the SDK's documentation sets one up. Prints `ready`, then
answers each line `STEPS TOGETHER URL` with the seconds that so many workflows of so many steps took.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

QUEUE = "plain"


@activity.defn
def fetch(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url) as answer:
        found: dict[str, str] = json.load(answer)
        return found


@workflow.defn
class PlainWorkflow:
    @workflow.run
    async def run(self, steps: int, url: str) -> dict[str, str]:
        answer: dict[str, str] = {}
        for _ in range(steps):
            answer = await workflow.execute_activity(fetch, url, start_to_close_timeout=timedelta(seconds=30))
        return answer


async def main() -> None:
    client = await Client.connect(sys.argv[1])
    loop = asyncio.get_running_loop()
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[PlainWorkflow],
        activities=[fetch],
        activity_executor=ThreadPoolExecutor(32),
    )
    async with worker:
        print("ready", flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            steps, together, url = line.split()
            started = time.perf_counter()
            await asyncio.gather(
                *(
                    client.execute_workflow(
                        PlainWorkflow.run, args=[int(steps), url], id=uuid.uuid4().hex, task_queue=QUEUE
                    )
                    for _ in range(int(together))
                )
            )
            print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.flush()
    os._exit(0)  # interpreters that loaded temporalio may crash while they are torn down
