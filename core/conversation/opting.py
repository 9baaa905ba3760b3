"""A person's word about offers, said in a chat: noted for the number that speaks there."""

from core.conversation.step import Context
from core.messaging.marketing import has_stopped, start_marketing, stop_marketing
from core.subscribers.meet import find


def opt_out(context: Context, wording: str) -> None:
    """No more offers. Where no number is known there is nobody whom we would send any."""
    if context.has_number:
        stop_marketing(context.work, address=context.caller.digits, how=context.channel, wording=wording)


def opt_in(context: Context, wording: str) -> None:
    """Offers again. Raises NumberUnknown."""
    start_marketing(context.work, address=context.caller.digits, how=context.channel, wording=wording)


def has_opted_out(context: Context) -> bool:
    """Whether this number has said no to offers, and nothing since."""
    return context.has_number and has_stopped(context.work, address=context.caller.digits)


def language_of(context: Context) -> str:
    """The language that the person chose before, wherever it was; empty for nobody we know."""
    person = find(context.work, msisdn=context.caller) if context.has_number else None
    return (person.language if person else None) or ""
