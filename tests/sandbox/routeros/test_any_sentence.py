"""Whatever a client says, the router answers or traps; it never breaks."""

import contextlib
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.routeros.commands import Command, execute
from sandbox.routeros.device import Device
from sandbox.routeros.spec import Faults, RouterSpec
from sandbox.routeros.traps import Trap

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
DEVICE = Device(RouterSpec("r", "s", port=0, username="u", password="p"), lambda: NOW, Faults())
MENUS = sorted(DEVICE.tables)
VERBS = sorted({verb for table in DEVICE.tables.values() for verb in table.menu.commands} - {"listen"})
NAMES = sorted({name for table in DEVICE.tables.values() for name in table.properties} | {".id", "numbers"})
VALUES = st.one_of(
    st.sampled_from(["*1", "*0", "*2,*3", "yes", "1d", "default", "10.0.0.1", "all", "none", "", "9" * 5000,
    "5M/10M"]),
    st.text(max_size=12),
)  # fmt: skip
WORDS = st.one_of(
    st.builds("={}={}".format, st.sampled_from(NAMES), VALUES),
    st.builds("?{}={}".format, st.sampled_from(NAMES), VALUES),
    st.builds("?#{}".format, st.text(alphabet="0123456789!&|.x", max_size=8)),
    st.text(max_size=12),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(MENUS), st.sampled_from(VERBS), st.lists(WORDS, max_size=6))
def test_a_sentence_of_known_words(menu: str, verb: str, words: list[str]) -> None:
    with contextlib.suppress(Trap):
        for row in execute(DEVICE, Command.parse([f"{menu}/{verb}", *words])).rows:
            assert all(isinstance(value, str) for value in row.values())
    for row in (row for table in DEVICE.tables.values() for row in [*table.rows.values()][-2:]):
        assert row.id.startswith("*")
    dial_all()
    assert len(DEVICE.pppoe.live()) == len(DEVICE.table("/ppp/active").rows)


def dial_all() -> None:
    """Whatever the tables hold now was accepted, so nobody's login may break the router."""
    for row in [*DEVICE.tables["/ppp/secret"].rows.values()][-3:]:
        DEVICE.pppoe.dial(row.values["name"], row.values["password"], "02:00:00:00:00:01")
    for row in [*DEVICE.tables["/ip/hotspot/user"].rows.values()][-3:]:
        DEVICE.hotspot.login(row.values["name"], row.values.get("password", ""), "02:01", "10.5.50.9")


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4))
def test_a_sentence_of_anything(words: list[str]) -> None:
    with contextlib.suppress(Trap):
        execute(DEVICE, Command.parse(words))
    assert DEVICE.tables["/system/identity"].rows
