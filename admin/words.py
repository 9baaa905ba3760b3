"""The fixed words of the templates, by the name under which a template asks for them."""

from core.base.i18n import render
from core.base.words import Sentence, say

WORDS: dict[str, Sentence] = {
    "menu": say("Menu"),
    "search": say("Search"),
    "search_for": say("Phone, account, name, receipt, invoice or voucher"),
    "log_in": say("Log in"),
    "log_out": say("Log out"),
    "email": say("E-mail"),
    "password": say("Password"),
    "code": say("Code of your authenticator"),
    "code_hint": say("Six digits, new every 30 seconds"),
    "skip": say("Skip to the page"),
    "trial": say("Trial: everything here is played, no money is real."),
    "newer": say("Newer"),
    "older": say("Older"),
    "own": say("Your account"),
    "back_home": say("To the home page"),
    "amounts": say("The figures"),
    "language": say("Language"),
    "theme": say("Light or dark"),
    "save": say("Save"),
    "site": say("Site"),
    "plan": say("Plan"),
    "look_first": say("See what it says"),
    "look_at_it": say("See what it does"),
    "leave": say("Leave it"),
    "change_it": say("Change it"),
    "agree": say("I agree, do it"),
    "refuse": say("Refuse"),
    "why_not": say("Why not?"),
    "payout_number": say("Number of the payout"),
    "record": say("Record the payout"),
    "type_people": say("To send it type the number of people"),
    "send_now": say("Send it now"),
    "begin_again": say("Begin again"),
    "reason": say("Reason"),
    "new_price": say("New price"),
    "new_offer": say("Offer for a while"),
    "taxes": say("Taxes"),
    "plan_kind": say("Kind"),
    "plan_name": say("Name, as phones show it"),
    "plan_code": say("Code, for routers"),
    "plan_length": say("How long"),
    "mbps_down": say("Mbps down"),
    "mbps_up": say("Mbps up"),
    "plan_devices": say("Devices"),
    "plan_data": say("GB of data (empty: no end)"),
    "plan_after": say("When the data is used"),
    "plan_billing": say("When it is paid"),
    "plan_payday": say("Home lines: one payday for all, 31 is the month's end (empty: each has its own)"),
    "plan_midnight": say("Hotspot time: ends with the day, at 24:00"),
    "plan_carries": say("Data on top: what is left outlives the period"),
    "taxes_inside": say("are in the price"),
    "taxes_on_top": say("come on top of it"),
    "new_fee": say("Paid once by new lines"),
    "one_more_site": say("Sell it at one more site"),
    "fee_for": say("What for"),
    "price_ksh": say("Ksh, whole shillings"),
    "from_day": say("From the day"),
    "last_day": say("To the end of the day"),
    "everywhere": say("Everywhere"),
    "new_code": say("New offer code"),
    "code_or_drawn": say("Code (empty: one is drawn)"),
    "takes_off": say("Takes off"),
    "in_what": say("In"),
    "percent": say("Percent of the price"),
    "every_plan": say("every plan"),
    "uses_in_all": say("Uses in all"),
    "uses_a_person": say("Uses by one person"),
    "nobody": say("There is nobody to tell."),
    "nothing_sold": say("Nothing was sold in these 30 days."),
}


class Words:
    """`words.menu` in a template is the word in the reader's language; an unknown name is an error."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __getattr__(self, name: str) -> str:
        return render(WORDS[name], self._language)
