"""The job of the talk, which may run twice, also at the same time."""

from core.base.ids import InboxId
from core.base.inbox import read_at_once
from core.base.log import logger
from core.conversation.channel import Unreadable
from core.conversation.chat import ConversationDeps, hear

__all__ = ["ConversationDeps", "hear_message"]


def hear_message(deps: ConversationDeps, *, inbox_id: int) -> None:
    """Hear a message that a door left in the inbox, and answer it where it was said.

    Raises Unreachable while the channel cannot be asked, and NotReady while another message of the same person is
    being heard.
    """
    with deps.work() as work:
        door, body = read_at_once(work, InboxId(inbox_id))
    channel = deps.channels[door]  # without it: a person must look, for its door should be shut as well
    try:
        said = channel.read(body)
    except Unreadable as why:  # its door reads before it stores: another release wrote this
        logger("chat").error("message_unreadable", channel=door, inbox_id=inbox_id, why=str(why))
        return
    hear(deps, channel, said)
