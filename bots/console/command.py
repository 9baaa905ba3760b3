"""`bando chat`: the console's one line in the program."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from core.base.errors import Refusal
from core.base.msisdn import NotAPhoneNumber
from core.base.words import say

if TYPE_CHECKING:
    from core.conversation.chat_turn import TurnDeps


def chat(start: Callable[[], "TurnDeps"]) -> click.Command:
    """The command. start: puts the program together, once it is asked for."""

    @click.command("chat", help="Talk in this terminal as somebody would in a chat. Ends with Ctrl-D.")
    @click.option(
        "--number", default="", help="whose phone number you have; without it you are asked for one"
    )
    @click.option("--name", default="", help="another name is another chat of that number")
    def command(number: str, name: str) -> None:
        from bots.console.terminal import Terminal, whose

        try:
            person = whose(number=number, name=name)
        except NotAPhoneNumber:
            raise Refusal(say("That is not a phone number of Kenya.")) from None
        raise click.exceptions.Exit(Terminal(start(), person=person, lines=sys.stdin, out=sys.stdout).talk())

    return command
