"""Carries out one command sentence on a device and says what the router answers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.routeros import traps
from sandbox.routeros.device import Device
from sandbox.routeros.menus_hotspot import NO_USAGE
from sandbox.routeros.query import passes
from sandbox.routeros.table import Row, Table
from sandbox.routeros.traps import Trap

READING = frozenset(["print", "getall", "get", "find", "listen"])
# Arguments of `print` that are no properties; anything else (such as `where`) is an unknown parameter.
_PRINT_FLAGS = frozenset(
    [
        ".proplist",
        "count-only",
        "detail",
        "brief",
        "terse",
        "without-paging",
        "show-ids",
        "value-list",
        "as-value",
    ]
)
_PRINT_ITEMS = frozenset([".id", "numbers", "from"])


@dataclass(frozen=True)
class Command:
    """A sentence taken apart: its `=name=value` words, and its `?` words in their order."""

    path: str
    attributes: Mapping[str, str]
    queries: tuple[str, ...] = ()
    tag: str | None = None

    @property
    def menu(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def verb(self) -> str:
        return self.path.rpartition("/")[2]

    @classmethod
    def parse(cls, words: list[str]) -> "Command":
        """Take a sentence apart; unknown kinds of word are ignored."""
        attributes: dict[str, str] = {}
        queries: list[str] = []
        tag = None
        for word in words[1:]:
            if word.startswith("?"):
                queries.append(word)
            elif word.startswith(".tag="):
                tag = word.removeprefix(".tag=") or None
            elif word.startswith("="):
                # `=name` without a second `=` means: present and empty.
                name, _, value = word[1:].partition("=")
                attributes[name] = value
        return cls(words[0], attributes, tuple(queries), tag)


@dataclass(frozen=True)
class Answer:
    """The `!re` rows, made one by one while they are sent, and the attributes of the closing `!done`."""

    rows: Iterable[Mapping[str, str]] = ()
    ret: str | None = None
    empty: bool = False
    done: list[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "done", ["!done"] if self.ret is None else ["!done", f"=ret={self.ret}"])


def row_sentence(row: Mapping[str, str]) -> list[str]:
    return ["!re", *(f"={name}={value}" for name, value in row.items())]


def execute(device: Device, command: Command) -> Answer:
    """Carry out a command. Raises `Trap` when the router would refuse."""
    device.advance()
    table = find_table(device, command)
    verb = command.verb
    if device.faults.read_only and verb not in READING:
        raise traps.no_permission()
    if verb not in table.menu.commands:
        raise traps.unknown_command()
    return _VERBS[verb](device, table, command)


def find_table(device: Device, command: Command) -> Table:
    """Return the table a command is about, or trap as the router does for a path it does not know."""
    table = device.tables.get(command.menu)
    if table is not None:
        return table
    parts = command.path.strip("/").split("/")
    for depth, part in enumerate(parts[:-1], start=1):
        folder = "/" + "/".join(parts[:depth])
        if not any(path == folder or path.startswith(folder + "/") for path in device.tables):
            raise traps.unknown_menu(part)
    if len(parts) == 1:
        raise traps.unknown_menu(parts[0])
    raise traps.unknown_command()


def _picked(table: Table, attributes: Mapping[str, str]) -> list[Row]:
    """The items a command names by `.id`, `numbers` or, for `get`, `number`."""
    if table.menu.single:
        return list(table.rows.values())
    for name in (".id", "numbers", "number"):
        if attributes.get(name):
            return table.pick(attributes[name])
    raise traps.missing_value("numbers")


def _without_items(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if name not in (".id", "numbers", "number")}


def _print(_device: Device, table: Table, command: Command) -> Answer:
    allowed = _PRINT_FLAGS | _PRINT_ITEMS | table.menu.print_flags
    for name in command.attributes:
        if name not in allowed:
            raise table.manners.unknown_parameter(name)
    rows = _candidates(table, command.queries)
    for name in _PRINT_ITEMS & command.attributes.keys():
        rows = table.pick(command.attributes[name])
    if command.queries:
        rows = [row for row in rows if passes(command.queries, _lookup(table, row))]
    if "count-only" in command.attributes:
        return Answer(ret=str(len(rows)))
    names = None
    if ".proplist" in command.attributes:
        names = list(dict.fromkeys(filter(None, command.attributes[".proplist"].split(","))))
    printed = (table.printed(row, names) for row in rows)
    return Answer(printed, empty=not rows and table.manners.says_empty)


def _candidates(table: Table, queries: tuple[str, ...]) -> list[Row]:
    """The rows worth judging: plain conditions are AND-ed, so a wanted name leaves few."""
    if not any(word.startswith("?#") for word in queries):
        for word in queries:
            if word.startswith(("?name=", "?=name=")):
                return table.all_named(word.partition("name=")[2])
    return list(table.rows.values())


def _lookup(table: Table, row: Row) -> Callable[[str], str | None]:
    return lambda name: table.value(row, name)


def _find(_device: Device, table: Table, _command: Command) -> Answer:
    return Answer(ret=";".join(table.rows))


def _get(_device: Device, table: Table, command: Command) -> Answer:
    row = _picked(table, command.attributes)[0]
    name = command.attributes.get("value-name")
    if name is None:
        return Answer(ret=";".join(f"{name}={value}" for name, value in table.printed(row).items()))
    if name != ".id" and name not in table.properties and name not in table.menu.printed:
        raise traps.no_match("value-name")
    return Answer(ret=table.value(row, name) or "")


def _add(device: Device, table: Table, command: Command) -> Answer:
    attributes = dict(command.attributes)
    before = None
    if "place-before" in attributes and "move" in table.menu.commands:
        before = table.pick(attributes.pop("place-before"))[0]
    row = table.add(attributes, before=before)
    device.note_added(table.menu.path, row)
    return Answer(ret=row.id)


def _change(device: Device, table: Table, rows: list[Row], attributes: Mapping[str, str]) -> Answer:
    if any(row.dynamic for row in rows) and table.menu.path in ("/queue/simple", "/interface"):
        raise Trap("failure: can not change dynamic item")
    for row in rows:
        table.change(row, attributes)
        if table.menu.path == "/ip/firewall/address-list" and "timeout" in attributes:
            device.list_address(row)
    return Answer()


def _set(device: Device, table: Table, command: Command) -> Answer:
    return _change(device, table, _picked(table, command.attributes), _without_items(command.attributes))


def _comment(device: Device, table: Table, command: Command) -> Answer:
    text = {"comment": command.attributes.get("comment", "")}
    return _change(device, table, _picked(table, command.attributes), text)


def _switch(disabled: str) -> Callable[[Device, Table, Command], Answer]:
    def carry_out(device: Device, table: Table, command: Command) -> Answer:
        if "disabled" not in table.properties:
            raise traps.unknown_command()
        return _change(device, table, _picked(table, command.attributes), {"disabled": disabled})

    return carry_out


def _unset(_device: Device, table: Table, command: Command) -> Answer:
    if not command.attributes.get("value-name"):
        raise traps.missing_value("value-name")
    for row in _picked(table, command.attributes):
        for name in command.attributes["value-name"].split(","):
            table.unset(row, name)
    return Answer()


def _remove(device: Device, table: Table, command: Command) -> Answer:
    for row in _picked(table, command.attributes):
        # The same item named twice, or gone with the one before it (a host with its session), is no error.
        if row.id in table.rows:
            device.remove(table.menu.path, row)
    return Answer()


def _move(_device: Device, table: Table, command: Command) -> Answer:
    destination = command.attributes.get("destination")
    for row in _picked(table, command.attributes):
        if destination is None:
            table.rows[row.id] = table.rows.pop(row.id)
        elif row is not (before := table.pick(destination)[0]):
            table.move(row, before)
    return Answer()


def _reset_counters(_device: Device, table: Table, command: Command) -> Answer:
    fresh = NO_USAGE if table.menu.path == "/ip/hotspot/user" else table.menu.initial
    for row in _picked(table, command.attributes):
        row.values.update({name: value for name, value in fresh.items() if value in ("0", "0s", "0/0")})
        table.announce(row)
    return Answer()


def _login(device: Device, _table: Table, command: Command) -> Answer:
    device.hotspot.login_by_command(command.attributes)
    return Answer()


def _write_log(device: Device, _table: Table, command: Command) -> Answer:
    if "message" not in command.attributes:
        raise traps.missing_value("message")
    device.log(f"script,{command.verb}", command.attributes["message"])
    return Answer()


_VERBS: dict[str, Callable[[Device, Table, Command], Answer]] = {
    "print": _print,
    "getall": _print,
    "find": _find,
    "get": _get,
    "add": _add,
    "set": _set,
    "comment": _comment,
    "enable": _switch("no"),
    "disable": _switch("yes"),
    "unset": _unset,
    "remove": _remove,
    "move": _move,
    "reset-counters": _reset_counters,
    "login": _login,
    "info": _write_log,
    "warning": _write_log,
    "error": _write_log,
}
