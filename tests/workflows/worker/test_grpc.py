"""GRPC_CALL on the real Temporal, against a service that describes itself."""

from __future__ import annotations

from tests.support.grpc_service import SERVICE, running_shop
from tests.workflows.worker.kit import COMPLETED, Engine, set_, task


def test_a_call_answers_and_a_status_is_caught(engine: Engine) -> None:
    with running_shop() as (shop, target):

        def call(name: str, value: str) -> object:
            metadata = {"x-key": "${ .secrets.KEY }"}
            config = {"service": f"{target}/{SERVICE}", "method": "get", "request": {"value": value}}
            return task(name, "GRPC_CALL", {**config, "metadata": metadata})

        caught = {"errors": ["CallGRPC error"], "do": [set_("note", status="${ .error.status }")]}
        tasks = [
            call("find", "one ${ 1 }"),
            task("guard", "TRY", {"try": [call("bad", "none")], "catch": caught}),
            set_("finish", asked="${ .find.metadata.labels.asked }", status="${ .status }"),
        ]
        run = engine.run(tasks, runtime_env={"KEY": {"value": "s3cret-of-this-call", "is_secret": True}})
        assert (run.phase, run.output) == (COMPLETED, {"asked": "one 1", "status": 404}), run
        assert [asked["x-key"] for asked in shop.asked] == ["s3cret-of-this-call"] * 2
        assert "s3cret-of-this-call" not in str(run.tasks)
