"""Language: asked once of a number we do not know, each in its own words; changed from the account."""

from core.base.i18n import LANGUAGES
from core.base.words import say
from core.conversation.flows import home
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain
from core.subscribers.meet import choose_language, meet

CHOICES = tuple(
    Choice(code, own_name, number) for number, (code, own_name) in enumerate(LANGUAGES.items(), 1)
)


class Choose(Plain):
    in_between = True

    def show(self, context: Context) -> Screen:
        return offer(
            say("{provider}: language / lugha", provider=context.brand.provider_name), choices=CHOICES
        )

    def answer(self, context: Context, text: str) -> Next:
        context.language = text  # first: who has no number yet is asked for it in this language
        person = meet(context.work, msisdn=context.caller)
        choose_language(context.work, subscriber_id=person.id, language=text)
        return home.welcome(context, person)


STEPS = {"choose": Choose()}
