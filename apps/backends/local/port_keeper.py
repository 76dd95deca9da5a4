"""What happens when the port of a unit is taken: another one where nobody asked for it, else a refusal in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.backends.kept_ports import TEMPORAL, keep_port
from apps.backends.local.supervisor.unit import Refusal
from apps.backends.local_settings import VARIABLE
from apps.processes.addresses import Address, can_connect, is_free, next_free, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from apps.backends.local.supervisor.unit import Unit
    from apps.backends.local_settings import LocalSettings

_WHAT: Final = {"api": "the API", "web": "the admin", "temporal": "Temporal"}


class PortKeeper:
    """`settings` are those of now. `environment` is what units are started with: it is told of every move.

    `describe_holder` names in a sentence who holds a port, and tells whether it will be let go of soon.
    """

    def __init__(
        self,
        settings: LocalSettings,
        environment: dict[str, str],
        *,
        describe_holder: Callable[[int], tuple[str, bool]],
        journal: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self._environment = environment
        self._describe_holder = describe_holder
        self._journal = journal

    def settle(self, units: Sequence[Unit]) -> None:
        """Before anything is started: move what has to be moved, so that everybody is told the same addresses."""
        for unit in units:
            if unit.spec.setting in self.settings.movable and not is_free(parse_address(unit.spec.address)):
                self.make_way(unit)

    def make_way(self, unit: Unit) -> Refusal | None:
        """For a unit whose port is taken. None: it has a free one now."""
        address = parse_address(unit.spec.address)
        sentence, is_passing = self._describe_holder(address.port)
        free = next_free(address, but=self._ports())
        if unit.spec.setting in self.settings.movable and not is_passing and free != address:
            self._move(unit, free, sentence)
            return None
        hint = _other_port(unit, free) if unit.spec.setting else ""
        return Refusal(sentence, hint, is_passing)

    def _ports(self) -> set[int]:
        """Those that our own units have, or are to have."""
        now = self.settings
        return {parse_address(each).port for each in (now.endpoint, now.web, now.temporal_address) if each}

    def _move(self, unit: Unit, address: Address, why: str) -> None:
        key, former = unit.spec.setting, parse_address(unit.spec.address)
        self.settings = self.settings.moved(key, address)
        self._environment[VARIABLE] = self.settings.to_json()
        unit.spec = unit.spec._replace(address=str(address))
        unit.note = f"{why}: {_WHAT.get(unit.spec.name, unit.spec.name)} listens at {address} from now on"
        self._journal(unit.note)
        if not can_connect(former):
            return  # nobody listens there: a connection that somebody made began at it, and will be over
        try:
            keep_port(self.settings.data_dir, key, str(address.port if key == TEMPORAL else address))
        except OSError as error:
            self._journal(f"the next start has to look for a port again: {error}")


def _other_port(unit: Unit, free: Address) -> str:
    """How to move `unit` to an address that is free."""
    from apps.backends.config.keys import BY_PATH

    value = free.port if unit.spec.setting.endswith(".port") else free
    command = BY_PATH[unit.spec.setting].command(value, unit.environment)
    return f"Use another port: `{command}`, then `stigmer server restart`"
