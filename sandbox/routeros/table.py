"""One menu's rows: what may be written into them, how they print, and their never-reused ids."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.routeros import traps
from sandbox.routeros.traps import Manners, Trap
from sandbox.routeros.values import NotAChoice, Reader, text

EDITABLE = frozenset(
    [
        "add",
        "set",
        "remove",
        "enable",
        "disable",
        "unset",
        "comment",
        "find",
        "get",
        "print",
        "getall",
        "listen",
    ]
)
LIVE_ROWS = frozenset(["remove", "find", "get", "print", "getall", "listen"])
SINGLE_ROW = frozenset(["set", "get", "print", "getall"])


@dataclass(frozen=True)
class Property:
    """One property of a menu. `default` None: missing from the row until it is set.

    `refers` names the menu whose items' names are accepted; `words` are special values besides. With
    `refers`,
    `read` is None unless a value that is no reference is legal too (an address beside a pool's name).
    """

    name: str
    read: Reader | None = text
    default: str | None = None
    required: bool = False
    refers: str = ""
    words: tuple[str, ...] = ()
    empty_clears: bool = False
    since: tuple[int, ...] = ()


@dataclass(frozen=True)
class Menu:
    """A menu's shape.

    `unique` are the properties no two items may share, `taken` the trap text if they do. `printed` are the
    read-only properties, `initial` what they hold in a new item.
    """

    path: str
    properties: tuple[Property, ...]
    printed: tuple[str, ...] = ()
    commands: frozenset[str] = EDITABLE
    unique: tuple[str, ...] = ()
    taken: str = ""
    single: bool = False
    initial: Mapping[str, str] = field(default_factory=dict)
    print_flags: frozenset[str] = frozenset()


@dataclass
class Row:
    """One item. `live` computes what is asked for; `dynamic` rows belong to a session or timeout."""

    id: str
    values: dict[str, str]
    live: Callable[[], Mapping[str, str]] | None = None
    dynamic: bool = False
    by_hand: bool = False


@dataclass
class Table:
    menu: Menu
    manners: Manners
    table_of: Callable[[str], "Table"]
    rows: dict[str, Row] = field(default_factory=dict)
    next_id: int = 1
    watchers: list[Callable[[Row, bool], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        number = self.manners.number
        self.properties = {p.name: p for p in self.menu.properties if number >= p.since}
        self._taken: dict[tuple[str, ...], str] = {}
        self._by_name: dict[str, dict[str, Row]] = {}

    # -- reading ---------------------------------------------------------------

    def value(self, row: Row, name: str) -> str | None:
        """Return one property as it prints; None where the row does not have it."""
        return self._value(row, name, {} if row.live is None else row.live())

    def _value(self, row: Row, name: str, live: Mapping[str, str]) -> str | None:
        if name == ".id":
            return None if self.menu.single else row.id
        value = live.get(name, row.values.get(name))
        if (
            value is not None
            and value.startswith("*")
            and (known := self.properties.get(name))
            and known.refers
        ):
            target = self.table_of(known.refers).rows.get(value)
            return value if target is None else target.values["name"]
        return value

    def printed(self, row: Row, names: Iterable[str] | None = None) -> dict[str, str]:
        """Return the row as `print` gives it, all of it or only the named properties."""
        if names is None:
            names = (".id", *self.properties, *self.menu.printed)
        live = {} if row.live is None else row.live()
        pairs = ((name, self._value(row, name, live)) for name in names)
        return {name: value for name, value in pairs if value is not None}

    def named(self, name: str) -> Row | None:
        """Return the first item of that name."""
        return next(iter(self.all_named(name)), None)

    def all_named(self, name: str) -> list[Row]:
        return list(self._by_name.get(name, {}).values())

    def pick(self, numbers: str) -> list[Row]:
        """Return the items of a comma list of ids or names; a trap `no such item` if one is missing."""
        found = []
        for part in numbers.split(","):
            row = self.rows.get(part) or self.named(part)
            if row is None:
                raise self.manners.no_such_item()
            found.append(row)
        return found

    # -- writing ---------------------------------------------------------------

    def read(self, attributes: Mapping[str, str]) -> dict[str, str | None]:
        """Return stored values for attributes as sent (None: unset); traps on what is wrong."""
        return {name: self._read_one(name, value) for name, value in attributes.items()}

    def _read_one(self, name: str, value: str) -> str | None:
        known = self.properties.get(name)
        if known is None:
            raise self.manners.unknown_parameter(name)
        if value == "" and known.empty_clears:
            return None
        if value in known.words:
            return value
        if known.refers and (target := self.table_of(known.refers).named(value)) is not None:
            return target.id
        if known.read is None:
            raise traps.no_match(name)
        try:
            return known.read(value)
        except NotAChoice:
            raise traps.no_match(name) from None
        except ValueError:
            raise traps.invalid_value(name) from None

    def add(self, attributes: Mapping[str, str], *, before: Row | None = None) -> Row:
        """Add an item from attributes as sent; traps as the router does."""
        stored = self.read(attributes)
        for known in self.properties.values():
            if known.required and stored.get(known.name) is None:
                raise traps.missing_value(known.name)
        defaults = {p.name: self._stored_default(p) for p in self.properties.values()}
        values = {name: value for name, value in {**defaults, **stored}.items() if value is not None}
        self._refuse_taken(values, None)
        row = self.insert({**values, **self.menu.initial})
        if before is not None:
            self.move(row, before)
        return row

    def _stored_default(self, known: Property) -> str | None:
        if known.default is not None and known.refers and known.default not in known.words:
            target = self.table_of(known.refers).named(known.default)
            return target.id if target else known.default
        return known.default

    def insert(
        self,
        values: dict[str, str],
        *,
        id: str = "",
        live: Callable[[], Mapping[str, str]] | None = None,
        dynamic: bool = False,
        by_hand: bool = False,
    ) -> Row:
        """Put a row in without asking, as the router itself does; ids count up and are never given twice."""
        if not id:
            id = f"*{self.next_id:X}"
            self.next_id += 1
        row = Row(id, values, live, dynamic, by_hand)
        self.rows[id] = row
        self._index(row)
        self.announce(row)
        return row

    def change(self, row: Row, attributes: Mapping[str, str]) -> None:
        """Set properties of an item from attributes as sent."""
        stored = self.read(attributes)
        values = {n: v for n, v in {**row.values, **stored}.items() if v is not None}
        self._refuse_taken(values, row)
        self.store(row, values)

    def store(self, row: Row, values: dict[str, str]) -> None:
        self._forget(row)
        row.values = values
        self._index(row)
        self.announce(row)

    def unset(self, row: Row, name: str) -> None:
        """Put a property back to its default; `unknown parameter` if there is none of that name."""
        known = self.properties.get(name)
        if known is None:
            raise self.manners.unknown_parameter(name)
        if known.required:
            raise traps.invalid_value(name)
        values = {n: v for n, v in row.values.items() if n != name}
        default = self._stored_default(known)
        self.store(row, values if default is None else {**values, name: default})

    def drop(self, row: Row) -> None:
        """Take a row out; nothing happens if it is gone already."""
        if self.rows.pop(row.id, None) is not None:
            self._forget(row)
            self.announce(row, dead=True)

    def move(self, row: Row, before: Row) -> None:
        """Place `row` in front of `before`; the order of queues and rules is what they are scanned in."""
        others = [r for r in self.rows.values() if r is not row]
        at = others.index(before)
        self.rows = {r.id: r for r in [*others[:at], row, *others[at:]]}

    def announce(self, row: Row, dead: bool = False) -> None:
        for watcher in list(self.watchers):
            watcher(row, dead)

    def _key(self, values: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(values.get(name, "") for name in self.menu.unique)

    def _index(self, row: Row) -> None:
        self._taken.setdefault(self._key(row.values), row.id)
        if "name" in row.values:
            self._by_name.setdefault(row.values["name"], {})[row.id] = row

    def _forget(self, row: Row) -> None:
        key = self._key(row.values)
        if self._taken.get(key) == row.id:
            del self._taken[key]
        if (same := self._by_name.get(row.values.get("name", ""))) is not None:
            same.pop(row.id, None)
            if not same:
                del self._by_name[row.values["name"]]

    def _refuse_taken(self, values: Mapping[str, str], row: Row | None) -> None:
        if self.menu.unique and self._taken.get(self._key(values), row and row.id) != (row and row.id):
            raise Trap(self.menu.taken)
