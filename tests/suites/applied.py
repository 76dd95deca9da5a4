"""A kind that the contract lets nobody create or apply, by the extension, which does."""

from __future__ import annotations

from google.protobuf.message import Message

from tests.suites.client import Api, Envelope, KindApi, Refused, opened

PLACE = "resources[0]."


class AppliedKindApi(KindApi):
    """Its `create` and `apply` are applies of one resource; complaints come without the place in the batch."""

    @classmethod
    def of(cls, api: Api, kind: str) -> AppliedKindApi:
        return cls(api, api.of(kind).kind)

    def command(self, verb: str, request: Message) -> Envelope:
        if verb not in {"create", "apply"}:
            return super().command(verb, request)
        try:
            return opened(self.api.batch([request])[0].resource)
        except Refused as refused:
            refused.violations = {path.removeprefix(PLACE): text for path, text in refused.violations.items()}
            raise

    def call(self, verb: str, request: Message) -> Envelope:
        return self.command(verb, request) if verb in {"create", "apply"} else super().call(verb, request)
