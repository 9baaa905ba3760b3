"""Chats and codes: a chat says which number it speaks for, and the chats of an account are seen, linked and let go.

"link.ask" is where every step leads that needs a number while the chat has none. "link.code" is the one screen for
every code by SMS: when the code comes back, the step that asked for it hears its answer again.
"""

from core.base.clock import nairobi_day
from core.base.email import Reached, reached
from core.base.msisdn import Msisdn
from core.base.words import Sentence, say
from core.conversation.channel import Act
from core.conversation.dialogue import Frame
from core.conversation.flows import home
from core.conversation.flows.pay import not_a_number, typed_number
from core.conversation.go_on import to_see_account
from core.conversation.levels import ask_code, due_at, moment, require, talk_name
from core.conversation.order import short_day
from core.conversation.screen import Choice, Line, Screen, offer, question
from core.conversation.step import Context, Next, Plain, again, end, go, step_named
from core.subscribers.changes import CHAT_UNLINKED, begin_change
from core.subscribers.chats import link, prove_chat
from core.subscribers.codes import spend_proof, take_code
from core.subscribers.meet import find, meet, prove_number
from core.subscribers.model import CODE, CONTACT
from core.subscribers.queries import chats_of
from core.subscribers.tokens import draw_token, take_token

LINK_HERE = "chat.here"
NAMES = {"telegram": "Telegram", "whatsapp": "WhatsApp"}
"""Brands, the same in every language."""


class Ask(Plain):
    """Whose number is it? Shared by the channel's own means, or typed and then proved by a code, or a link word."""

    act = LINK_HERE

    def show(self, context: Context) -> Screen:
        return question(
            say("Which phone number is yours? Share it with the button, or type it, e.g. 0712345678")
        )

    def answer(self, context: Context, text: str) -> Next:
        chat, said = context.chat, context.said
        if chat is None:
            return home.arrive(context)  # a phone that dials has told its number
        known = take_token(
            context.work,
            channel=chat.channel,
            external_id=chat.id,
            typed=text,
            language=context.language,
        )
        if known is not None:
            return _welcome(context, known.number)
        number = typed_number(text)
        if number is None:
            return again(not_a_number())
        if said is not None and said.act is Act.SHARED:
            return _welcome(context, link_here(context, number, CONTACT))
        if not spend_proof(context.work, number=number, purpose=self.act, bound_to=talk_name(context)):
            return ask_code(context, self.act, text, number.digits)
        return _welcome(context, link_here(context, number, CODE))


def link_here(context: Context, number: Msisdn, how: str) -> Msisdn:
    """This chat speaks for `number` from now on."""
    chat = context.chat
    assert chat is not None, "on USSD the number is known"
    link(
        context.work,
        channel=chat.channel,
        external_id=chat.id,
        number=number,
        how=how,
        language=context.language,
    )
    return number


def _welcome(context: Context, number: Msisdn) -> Next:
    context.know(number)
    return home.arrive(context)


class Code(Plain):
    """Asks for a code. number: where it went, by SMS or by mail; then, text: the frame that asked, and the answer it
    heard."""

    act = "code.take"
    in_between = True
    worth_resuming = True  # on USSD the text is read after the session

    def show(self, context: Context) -> Screen:
        lines: list[Line] = [_code_sent(_proved(context))]
        if context.chat is None:
            dial = context.brand.service_code
            lines.append(say("To read it leave, then dial {dial} again.", dial=dial))
        return question(*lines)

    def answer(self, context: Context, text: str) -> Next:
        number, purpose = _proved(context), context.data["purpose"]
        if not take_code(
            context.work, number=number, purpose=purpose, bound_to=talk_name(context), typed=text
        ):
            return again(say("Not the code, or too old. For a new one go back."))
        if isinstance(number, Msisdn) and context.has_number and number == context.caller:
            _note_proof(context, number)
        asked = Frame.from_json(context.data["then"])
        heard = context.data["text"]
        context.frame = asked
        move = step_named(asked.step).answer(context, heard)
        return _in_this_place(asked, move)


def _in_this_place(asked: Frame, move: Next) -> Next:
    """What follows takes the place of this screen: nobody goes back to a code that is used up."""
    if move.kind == "again":
        return Next("swap", (asked,), move.reason)
    return Next("swap", move.frames, move.reason) if move.kind == "go" else move


def _proved(context: Context) -> Reached:
    return reached(context.data["number"])


def _code_sent(place: Reached) -> Sentence:
    if isinstance(place, Msisdn):
        return say("We sent a code by SMS to {number}. Type it.", number=place.masked)
    return say("We sent a code by e-mail to {email}. Type it.", email=place.masked)


def _note_proof(context: Context, number: Msisdn) -> None:
    person = find(context.work, msisdn=number)
    if person is not None:
        prove_number(context.work, subscriber_id=person.id, msisdn=number)
    if context.chat is not None:
        prove_chat(context.work, channel=context.chat.channel, external_id=context.chat.id)


def enter(context: Context) -> Next:
    """The chats of the caller's account."""
    found = chats_of(context.work, meet(context.work, msisdn=context.caller).id)
    facts = [[chat.channel, chat.external_id, short_day(nairobi_day(chat.since))] for chat in found]
    return go("link.chats", chats=facts)


class Chats(Plain):
    """The chats that are linked, and a word by which another one is."""

    act = "chat.link"

    def show(self, context: Context) -> Screen:
        chats = context.data["chats"]
        title = say("Chats of this account") if chats else say("No chat is linked to this account.")
        linked = [Choice(str(place), _label(chat)) for place, chat in enumerate(chats)]
        return offer(title, choices=(Choice("link", say("Link a chat")), *linked))

    def answer(self, context: Context, text: str) -> Next:
        if text != "link":
            return go("link.chat", chat=context.data["chats"][int(text)])
        proof = require(context, self.act, text)
        if proof is not None:
            return proof
        token = draw_token(context.work, number=context.caller)
        return token_shown(context, token)


def token_shown(context: Context, token: str) -> Next:
    return end(
        say("Open our chat and send this there within 10 minutes:"),
        token,
        say("Give it to nobody. {provider}", provider=context.brand.provider_name),
    )


def _label(chat: list[str]) -> Sentence:
    return say("{chat}, since {day}", chat=NAMES.get(chat[0], chat[0].title()), day=chat[2])


class Chat(Plain):
    """One chat, to be let go."""

    act = "chat.unlink"

    def show(self, context: Context) -> Screen:
        return offer(_label(context.data["chat"]), choices=(Choice("unlink", say("Unlink this chat"), 1),))

    def answer(self, context: Context, text: str) -> Next:
        proof = require(context, self.act, text)
        if proof is not None:
            return proof
        channel, external_id, _ = context.data["chat"]
        due = due_at(context, self.act)
        begin_change(
            context.work,
            kind=CHAT_UNLINKED,
            subscriber_id=meet(context.work, msisdn=context.caller).id,
            channel=channel,
            external_id=external_id,
            from_number=context.caller.digits,
            due_at=due,
        )
        return changed(context, say("The chat is unlinked."), due > context.now and moment(due))


def changed(context: Context, done: Sentence, later: str | bool) -> Next:
    """The end of a change. later: from when it holds, where it has to wait."""
    look = to_see_account(context)
    if not later:
        return end(done, look)
    return end(say("Noted. It is done on {when}, and we tell your other numbers now.", when=later), look)


STEPS = {"ask": Ask(), "code": Code(), "chats": Chats(), "chat": Chat()}
