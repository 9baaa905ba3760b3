"""What people are told of their data: how much is left, that it is used up, what they have on top."""

from core.base.words import N_
from core.messaging.template import Purpose, Template

_LEFT = "9,999.9 GB"

TEMPLATES_OF_DATA: dict[str, Template] = {
    "data_nearly_used": Template(
        N_("80% of your data is used: {left} left. For more data dial {dial}, Buy. {provider}"),
        {"left": _LEFT},
        purpose=Purpose.SERVICE,
        chat_msgid=N_("80% of your data is used: {left} left. For more data write BUY here. {provider}"),
    ),
    "data_used_slow": Template(
        N_(
            "Your data is used up: your WiFi is slow now, until your next period begins. "
            "For full speed at once buy more data: dial {dial}, Buy. {provider}"
        ),
        {},
        purpose=Purpose.SERVICE,
        chat_msgid=N_(
            "Your data is used up: your WiFi is slow now, until your next period begins. For full "
            "speed at once buy more data: write BUY here. {provider}"
        ),
    ),
    "data_used_stop": Template(
        N_(
            "Your data is used up: your WiFi has stopped. To go on at once buy more data: dial {dial}, Buy. {provider}"
        ),
        {},
        purpose=Purpose.SERVICE,
        chat_msgid=N_(
            "Your data is used up: your WiFi has stopped. To go on at once buy more data: write BUY "
            "here. {provider}"
        ),
    ),
    "data_added": Template(
        N_("{added} of data added, at full speed. You have {left} left. {provider} {dial}"),
        {"added": _LEFT, "left": _LEFT},
        urgent=True,
    ),
}
