"""What a router says when it will not do something: the texts of `!trap`, and how they differ by version.

Texts are those relied on by independent programs that run against real routers; categories are the vendor's
(0 missing item or command, 1 bad argument value, 2 interrupted, 4 general failure).
"""

from dataclasses import dataclass

MISSING, BAD_VALUE, INTERRUPTED = 0, 1, 2

BAD_LOGIN = "invalid user name or password (6)"
OLD_BAD_LOGIN = "cannot log in"
NOT_LOGGED_IN = "not logged in"
QUIT = "session terminated on request"


class Trap(Exception):
    """One command's refusal. `messages` has more than one text where the router sends several `!trap`."""

    def __init__(self, *messages: str, category: int | None = None) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages
        self.category = category

    def sentences(self, categories: bool) -> list[list[str]]:
        """Return the `!trap` sentences, with the category word in front if this router sends categories."""
        head = ["!trap"]
        if categories and self.category is not None:
            head.append(f"=category={self.category}")
        return [[*head, f"=message={message}"] for message in self.messages]


def interrupted() -> Trap:
    return Trap("interrupted", category=INTERRUPTED)


def no_permission() -> Trap:
    return Trap("not enough permissions (9)")


def unknown_menu(name: str) -> Trap:
    return Trap(f"no such command or directory ({name})", "no such command prefix", category=MISSING)


def unknown_command() -> Trap:
    return Trap("no such command", category=MISSING)


def missing_value(name: str) -> Trap:
    return Trap(f"missing value(s) of argument(s) {name}", category=MISSING)


def invalid_value(name: str) -> Trap:
    return Trap(f"invalid value for argument {name}", category=BAD_VALUE)


def no_match(name: str) -> Trap:
    return Trap(f"input does not match any value of {name}", category=BAD_VALUE)


@dataclass(frozen=True)
class Manners:
    """How a router of one version speaks. `version` is the dotted text, such as `7.18.2` or `6.49.10`."""

    version: str
    categories: bool = True

    @property
    def number(self) -> tuple[int, ...]:
        """The version as comparable numbers; a suffix such as `rc1` is ignored."""
        parts = []
        for part in self.version.split("."):
            digits = part[: len(part) - len(part.lstrip("0123456789"))]
            parts.append(int(digits or "0"))
        return tuple(parts)

    @property
    def says_empty(self) -> bool:
        return self.number >= (7, 18)

    @property
    def iso_dates(self) -> bool:
        """ISO dates from 7.10; the exact point of change is not confirmed by the vendor."""
        return self.number >= (7, 10)

    def unknown_parameter(self, name: str) -> Trap:
        return Trap(f"unknown parameter {name}" if self.number >= (7,) else "unknown parameter")

    def no_such_item(self) -> Trap:
        if self.number >= (7,):
            return Trap("no such item", category=MISSING)
        return Trap("no such item (4)")
