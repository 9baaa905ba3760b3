"""How to go on after a last word: who dials is told what to dial, who writes in a chat what to write there."""

from core.base.words import Sentence, say
from core.conversation.menu import ACCOUNT, BUY, PAY, VOUCHERS
from core.conversation.step import Context

SHOW_VOUCHER = 1
"""Of the vouchers' screen: the newest one's code."""


def to_see(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("To see it write MENU.")
    return say("To see it dial {dial}", dial=context.brand.service_code)


def to_see_account(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("To see it write BALANCE.")
    return say("To see it dial {dial}", dial=context.brand.dial(ACCOUNT))


def to_see_how_it_stands(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("To see how it stands write BALANCE.")
    return say("To see how it stands dial {dial}", dial=context.brand.dial(ACCOUNT))


def to_see_voucher(context: Context) -> Sentence:
    """The newest voucher, where its text is late."""
    if context.news_comes_here:
        return say("Late? See it here: write VOUCHER.")
    return say("Late? See it here: dial {dial}", dial=context.brand.dial(VOUCHERS, SHOW_VOUCHER))


def to_see_what_you_have(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("To see what you have write BALANCE.")
    return say("To see what you have dial {dial}", dial=context.brand.dial(ACCOUNT))


def to_bring_back(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("To bring it back write MENU.")
    return say("To bring it back dial {dial}", dial=context.brand.service_code)


def to_pay(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("To pay write PAY.")
    return say("To pay dial {dial}", dial=context.brand.dial(PAY))


def to_buy(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("To buy one write BUY.")
    return say("To buy one dial {dial}", dial=context.brand.dial(BUY))


def to_try_again(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("To try again write MENU.")
    return say("To try again dial {dial}", dial=context.brand.service_code)


def after_prompt(context: Context) -> Sentence:
    """Once M-PESA was asked to ask: where to look if it does not."""
    if context.news_comes_here:
        return say("Nothing after 1 minute? Do not pay twice. Write MENU to see.")
    return say(
        "Nothing after 1 minute? Do not pay twice. Dial {dial} to see.", dial=context.brand.service_code
    )
