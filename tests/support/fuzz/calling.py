"""Sending the calls, and judging how each of them ends."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import grpc
from google.protobuf import descriptor_pool, message_factory, text_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from apps.resources.registry import KINDS
from tests.support.archives import archive
from tests.support.fuzz import bases, values
from tests.support.fuzz.grower import Grower
from tests.support.fuzz.pool import Pool

FAULTS: Final = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
)
"""How no call may end, whatever is sent."""
SECONDS: Final = 60.0
"""For one call, which takes milliseconds: what takes that long never ends."""
STREAMS: Final = 5
"""Followers that are open at once: the oldest is ended for the next."""
SHOWN: Final = 1500
"""Characters of a request that is told of."""
ODDITIES: Final[tuple[tuple[tuple[str, Any], ...], ...]] = (  # Any: texts, and bytes for names in -bin
    *((),) * 12,
    (("stigmer-large-errors", "1"),),
    (("stigmer-large-errors", ""), ("stigmer-large-errors", "x")),
    (("authorization", "Bearer "),),
    (("authorization", "Bearer stk_" + "a" * 3000), ("authorization", "Basic Og==")),
    (("user-agent", "grpc-go/1.60"), ("x-a", " ~!@#")),
    (("odd-bin", b"\x00\xff\xfe"), ("grpc-status-details-bin", b"\x00")),
    tuple((f"many-{number}", "y" * 20) for number in range(60)),
)
RUNS: Final = {"aex", "wex"}
Rpc = tuple[str, MethodDescriptor, str]
"""Its path, its descriptor, and the prefix of the ids of its kind."""


@dataclass
class Fault:
    number: int
    rpc: str
    code: str
    details: str
    request: str

    def __str__(self) -> str:
        return f"call {self.number}: {self.rpc} ended as {self.code} ({self.details})\n{self.request}"


@dataclass
class Caller:
    """Calls one server. The same seed makes the same calls, as far as the server's answers are the same."""

    endpoint: str
    seed: int
    faults: list[Fault] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.pool = Pool(self.rng)
        self.grower = Grower(self.rng, self.pool)
        self.rpcs = list(every_rpc())
        self._open: deque[tuple[int, Rpc, bytes, Any]] = deque()  # Any: a call of gRPC's, which streams
        self._queue: list[Rpc] = []
        makers = {rpc[0].split(".")[-1].removesuffix("CommandController/create"): rpc for rpc in self.rpcs}
        self._makers = [
            makers[kind.name] for kind in reversed(KINDS) if kind.name in bases.APPLIED or kind.prefix in RUNS
        ] * 2
        options = [("grpc.max_receive_message_length", 12 * 2**20), ("grpc.max_send_message_length", 12 * 2**20)]
        self._channel = grpc.insecure_channel(self.endpoint, options=options)

    def make(self, calls: int) -> None:
        """So many calls, over all RPCs alike."""
        for number in range(calls):
            if not self._queue:
                # Much of what is asked for deletes: now and then there has to be something again.
                self._queue = self.rng.sample(self.rpcs, len(self.rpcs)) + self._makers
            self._call(number, self._queue.pop())
        while self._open:
            self._end_oldest()
        self._channel.close()

    def _call(self, number: int, rpc: Rpc) -> None:
        path, method, prefix = rpc
        data = self._bytes(method, prefix)
        metadata = self.rng.choice(ODDITIES)
        self.called[path] += 1
        if method.client_streaming:
            parts = self._parts(data)
            self._judge(number, rpc, data, self._stub(method, path).future(iter(parts), SECONDS, metadata))
        elif method.server_streaming:
            self._open.append((number, rpc, data, self._stub(method, path)(data, SECONDS, metadata)))
            if len(self._open) > STREAMS or self.rng.random() < 0.3:
                self._end_oldest()
        else:
            self._judge(number, rpc, data, self._stub(method, path).future(data, SECONDS, metadata))

    def _stub(self, method: MethodDescriptor, path: str) -> Any:  # Any: gRPC's
        if method.client_streaming:
            return self._channel.stream_unary(path, None, None)
        return (
            self._channel.unary_stream(path, None, None)
            if method.server_streaming
            else self._channel.unary_unary(path, None, None)
        )

    def _bytes(self, method: MethodDescriptor, prefix: str) -> bytes:
        """A request as it is sent: of the type that is asked for mostly, whole mostly."""
        chance = self.rng.random()
        if chance < 0.02:
            return b""
        if chance < 0.05:
            method = self.rng.choice(self.rpcs)[1]  # a message of another type
        request_class = message_factory.GetMessageClass(method.input_type)
        request = self.grower.request(request_class, prefix, method.name)
        self._give_archive(request)
        data = values.as_sent(request.SerializeToString(deterministic=True))
        return values.damaged(self.rng, data) if chance > 0.93 else data

    def _give_archive(self, request: Any) -> None:  # Any: fields of one type of request
        """Zip archives are never found by chance."""
        name = {"UploadArtifactRequest": "part", "PushSkillRequest": "artifact"}.get(request.DESCRIPTOR.name)
        if name and self.rng.random() < 0.6:
            made = archive({"SKILL.md": f"---\nname: skill-{self.rng.randrange(9)}\ndescription: Does it.\n---\nHi.\n"})
            setattr(request, name, made if self.rng.random() < 0.7 else values.damaged(self.rng, made))

    def _parts(self, data: bytes) -> list[bytes]:
        """What a client that streams sends: nothing, one message, or several."""
        return [data] * self.rng.choice((0, 1, 1, 1, 2, 3))

    def _judge(self, number: int, rpc: Rpc, data: bytes, call: Any) -> None:  # Any: a call of gRPC's
        try:
            answer = call.result()
        except grpc.RpcError:
            self._note(number, rpc, data, call)
            return
        self.codes["OK"] += 1
        self.pool.learn(message_factory.GetMessageClass(rpc[1].output_type).FromString(answer))

    def _end_oldest(self) -> None:
        """Whoever follows leaves: in the middle, unless the server has ended it before."""
        number, rpc, data, call = self._open.popleft()
        call.cancel()
        try:
            for _ in call:
                pass
        except grpc.RpcError:
            self._note(number, rpc, data, call)

    def _note(self, number: int, rpc: Rpc, data: bytes, call: Any) -> None:  # Any: as above
        code = call.code()
        self.codes[code.name] += 1
        if code in FAULTS:
            self.faults.append(Fault(number, rpc[0], code.name, str(call.details()), _shown(rpc[1], data)))


def every_rpc() -> Iterator[Rpc]:
    """All of the contract and the extension."""
    from tests.suites.wired import wired_services

    for service in wired_services():
        descriptor = descriptor_pool.Default().FindServiceByName(service.full_name)
        prefix = next((kind.prefix for kind in KINDS if kind.package == descriptor.file.package), "")
        for method in descriptor.methods:
            yield f"/{descriptor.full_name}/{method.name}", method, prefix


def _shown(method: MethodDescriptor, data: bytes) -> str:
    request: Message = message_factory.GetMessageClass(method.input_type)()
    try:
        request.ParseFromString(data)
    except Exception:  # it may be anything
        return repr(data)[:SHOWN]
    return text_format.MessageToString(request)[:SHOWN]
