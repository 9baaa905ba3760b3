"""A face's choices as Telegram's keyboards. Source: Bot API 10.0, InlineKeyboardMarkup and ReplyKeyboardMarkup."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from core.conversation.channel import MOST_DATA_BYTES, Button, Face

SHARE = "share_number"
"""The channel's word on the button that shares the own number."""


def inline(face: Face) -> InlineKeyboardMarkup | None:
    """The choices below each other, the ways back and home beside each other. None: nothing to choose.

    Raises ValueError for data that is longer than Telegram carries, which is a mistake of ours.
    """
    rows = [[_button(button)] for button in face.buttons]
    if face.ways:
        rows.append([_button(way) for way in face.ways])
    return InlineKeyboardMarkup(rows) if rows else None


def sharing(face: Face) -> ReplyKeyboardMarkup:
    """The button that shares the own number; it and inline buttons cannot stand under one message, so the
    choices stand below it as words to be typed with one tap."""
    rows = [[KeyboardButton(face.words[SHARE], request_contact=True)]]
    rows += [[KeyboardButton(button.label)] for button in face.buttons]
    if face.ways:
        rows.append([KeyboardButton(way.label) for way in face.ways])
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)


def _button(button: Button) -> InlineKeyboardButton:
    if not 1 <= len(button.data.encode()) <= MOST_DATA_BYTES:
        raise ValueError(f"a button carries 1 to {MOST_DATA_BYTES} bytes, not {button.data!r}")
    # By name: the second positional parameter is a link.
    return InlineKeyboardButton(button.label, callback_data=button.data)
