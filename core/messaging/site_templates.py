"""What staff tell everybody at a site (core.billing.tell_site), each in one SMS with its longest values."""

from core.base.words import N_
from core.messaging.template import Purpose, Template

_SITE = "Kisimani Juu"
_TIME = "14:05"
_DAY = "14/01/2027"
_PLAN = "Home 100Mbps"
_AMOUNT = "Ksh 12,500"

SITE_TEMPLATES: dict[str, Template] = {
    "outage": Template(
        N_(
            "{site}: internet is down since {since}. We are fixing it and will tell you when it is back. Sorry. "
            "{provider} {dial}"
        ),
        {"site": _SITE, "since": _TIME},
        purpose=Purpose.SERVICE,
    ),
    "outage_over": Template(
        N_(
            "{site}: internet is back since {since}. Sorry. Not working? Switch the router off and on, "
            "then dial {dial}. {provider}"
        ),
        {"site": _SITE, "since": _TIME},
        purpose=Purpose.SERVICE,
    ),
    "planned_work": Template(
        N_(
            "{site}: on {day} from {since} to {until} we work on the network and WiFi may stop. Sorry. "
            "{provider} {dial}"
        ),
        {"site": _SITE, "day": _DAY, "since": _TIME, "until": _TIME},
        purpose=Purpose.SERVICE,
    ),
    "offer": Template(
        N_("{provider} offer at {site}: {plan} for {price}, until {last_day}. To buy dial {dial_buy}"),
        {"site": _SITE, "plan": _PLAN, "price": _AMOUNT, "last_day": _DAY},
        purpose=Purpose.MARKETING,
        chat_msgid=N_(
            "{provider} offer at {site}: {plan} for {price}, until {last_day}. To buy write BUY here. "
            "No more offers? Write STOP."
        ),
    ),
}
