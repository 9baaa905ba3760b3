"""The page at the sandbox's root, used as a person uses it."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.handset import CODE, Handset
from tests.journeys.demo import Demo

DONE, NOW, AHEAD, FAILED = "done", "now", "ahead", "failed"
NewHandset = Callable[..., Handset]

WORDS = {
    "en-GB": {
        "language": "1", "welcome": "Welcome to Pwani Net", "bundle": "24 hours", "pin": "Pay Ksh 50 to PWANINET",
        "voucher": "Pwani Net voucher", "asks": "The phone asks for the PIN.", "paid": "From PIN to router in",
        "online": "Online.", "router": "Voucher", "logged in": "Log out",
    },
    "sw-KE": {
        "language": "2", "welcome": "Karibu Pwani Net", "bundle": "saa 24", "pin": "Lipa Ksh 50 kwa PWANINET",
        "voucher": "Vocha ya Pwani Net", "asks": "Simu inaomba PIN.", "paid": "Kutoka PIN hadi router",
        "online": "Ameingia.", "router": "Vocha", "logged in": "Toka",
    },
}  # fmt: skip


@pytest.mark.parametrize("locale", ["en-GB", "sw-KE"])
def test_a_whole_purchase_by_keyboard_on_a_narrow_screen(handset: NewHandset, locale: str) -> None:
    words, asha = WORDS[locale], handset(locale).take()

    asha.tab_to("reply")
    asha.type("*384*123#")
    asha.shows("1. English", "2. Kiswahili")
    asha.type(words["language"])
    asha.shows(words["welcome"])
    asha.type("2")
    asha.shows(words["bundle"])
    asha.type("3")
    asha.shows("Ksh 50")
    asha.type("1")

    asha.shows(words["pin"])
    expect(asha.sentence).to_have_text(words["asks"])
    asha.stations(DONE, DONE, NOW, AHEAD, AHEAD, AHEAD, AHEAD)
    assert asha.has_focus == "reply", "the PIN can be typed at once"
    asha.type("4321")

    asha.shows("PWANINET", words["voucher"])
    asha.stations(DONE, DONE, DONE, DONE, DONE, DONE, NOW)
    expect(asha.sentence).to_contain_text(words["paid"])
    expect(asha.page.locator("#wallet")).to_have_text("Ksh 4,950")
    code = CODE.search(asha.screen.inner_text())
    assert code is not None
    assert code[0] == asha.code()

    name = code[0].replace("-", "")
    for site in ("baraka-hotspot", "mtwapa"):
        expect(asha.router(site).locator(".held")).to_contain_text([name])
    expect(asha.router("mtwapa").locator(".held .label")).to_have_text(words["router"])
    expect(asha.router("baraka-home").locator(".held")).to_have_count(0)

    asha.tab_to(f"enter mtwapa {name}")
    asha.page.keyboard.press("Enter")
    expect(asha.router("mtwapa").locator(".held")).to_have_class(re.compile("online"))
    expect(asha.router("mtwapa").locator(".held button")).to_have_text(words["logged in"])
    assert asha.has_focus == f"enter mtwapa {name}", "the focus stays where it was"
    asha.stations(*[DONE] * 7)
    expect(asha.sentence).to_contain_text(words["online"])
    assert asha.page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize(
    ("action", "said"), [("cancel", "stopped"), ("wrong_pin", "PIN"), ("ignore", "answered")]
)
def test_a_payment_that_fails_is_told_and_takes_nothing(handset: NewHandset, action: str, said: str) -> None:
    asha = handset()
    asha.order()
    asha.answer_pin(action)
    asha.stations(DONE, DONE, FAILED, AHEAD, AHEAD, DONE, AHEAD)
    expect(asha.sentence).to_contain_text("Not paid")
    expect(asha.texts).to_have_count(1)
    expect(asha.texts).to_contain_text(said)
    expect(asha.page.locator("#wallet")).to_have_text("Ksh 5,000")


def test_typing_four_noughts_is_the_wrong_pin(handset: NewHandset) -> None:
    asha = handset()
    asha.order()
    asha.is_asked_for_pin()
    for _ in range(4):
        asha.page.click("[data-key='0']")
    asha.page.click("#soft-left")
    expect(asha.sentence).to_contain_text("Not paid")


def test_hanging_up_and_dialling_again_goes_on_where_the_talk_stood(handset: NewHandset) -> None:
    asha = handset().take()
    asha.page.click("#own-code")
    asha.press("1", "2", "3")
    asha.shows("For me")
    asha.page.click("#end")
    asha.shows("Dial *384*123#")
    asha.page.click("#own-code")
    asha.shows("you were not finished")


def test_a_talk_survives_a_reload_of_the_page(handset: NewHandset) -> None:
    asha = handset().take()
    asha.page.click("#own-code")
    asha.press("1", "2")
    asha.page.reload()
    asha.shows("Ksh 50")
    asha.press("3")
    asha.shows("For me")


# -- one fault of each kind


def test_an_answer_that_is_held_back_is_waited_for_and_released(handset: NewHandset) -> None:
    asha = handset()
    asha.choose("c2b", "dropped")  # it would tell of the payment in the callback's stead
    asha.choose("callback", "late")
    asha.order()
    asha.answer_pin()
    expect(asha.sentence).to_have_text("The PIN was given. Waiting for M-PESA's word.")
    asha.stations(DONE, DONE, DONE, NOW, AHEAD, AHEAD, AHEAD)
    expect(asha.page.locator("#held")).to_have_text("1")
    asha.page.click("#release")
    asha.stations(DONE, DONE, DONE, DONE, DONE, DONE, NOW)
    expect(asha.page.locator("#held")).to_have_text("0")


def test_ten_answers_at_once_and_ten_more_sell_one_voucher(handset: NewHandset) -> None:
    asha = handset()
    asha.choose("callback", "tenfold")
    asha.order()
    asha.answer_pin()
    asha.stations(DONE, DONE, DONE, DONE, DONE, DONE, NOW)
    asha.page.click("#replay")
    expect(asha.page.locator("#fault-word")).to_have_text("Sent 10 times, answered 200.")
    asha.advance("PT1H")
    expect(asha.page.locator("#offset")).to_contain_text("Moved ahead by")
    expect(asha.texts).to_have_count(1)
    expect(asha.router("mtwapa").locator(".held")).to_have_count(1)


def test_a_prompt_that_ends_by_itself(handset: NewHandset) -> None:
    asha = handset()
    asha.choose("stk_result", "1")
    asha.order()
    asha.stations(DONE, AHEAD, FAILED, AHEAD, AHEAD, DONE, AHEAD)
    expect(asha.texts).to_contain_text("not enough money")


def test_a_push_that_is_accepted_and_never_answered(handset: NewHandset) -> None:
    asha = handset()
    asha.choose("stk_push", "accepted_silent")
    asha.order()
    expect(asha.page.locator("#log")).to_contain_text("its answer is awaited")
    expect(asha.sentence).to_have_text("Asked. M-PESA comes next.")
    expect(asha.page.locator("#pin")).to_be_hidden()


def test_a_text_that_nobody_knows_yet_does_not_show_the_money_as_taken(
    handset: NewHandset, demo: Demo
) -> None:
    asha = handset()
    asha.choose("stk_push", "500")
    asha.order()
    asha.stations(DONE, NOW, AHEAD, AHEAD, AHEAD, AHEAD, AHEAD)
    for _ in range(4):
        httpx.post(f"{demo.sandbox}/clock", json={"advance": "PT30S"}, timeout=60).raise_for_status()
    expect(asha.texts).to_contain_text("We do not know yet")
    asha.stations(DONE, NOW, AHEAD, AHEAD, AHEAD, DONE, AHEAD)


def test_a_phone_without_network_gets_no_prompt(handset: NewHandset) -> None:
    asha = handset().take()
    asha.choose("line", "unreachable")
    expect(asha.page.locator("#line-word")).to_have_text("no network")
    asha.order()
    asha.stations(DONE, AHEAD, FAILED, AHEAD, AHEAD, DONE, AHEAD)


def test_a_text_that_is_lost_leaves_the_voucher_on_the_router(handset: NewHandset) -> None:
    asha = handset()
    asha.choose("sms", "lost")
    asha.order()
    asha.answer_pin()
    expect(asha.page.locator("#log")).to_contain_text("Notice on its way")
    asha.stations(DONE, DONE, DONE, DONE, DONE, NOW, AHEAD)
    expect(asha.texts).to_have_count(0)
    asha.page.click("#own-code")
    asha.press("3", "1")
    shown = CODE.search(asha.screen.inner_text())
    assert shown is not None
    expect(asha.router("mtwapa").locator(".held")).to_contain_text([shown[0].replace("-", "")])


def test_a_router_without_power_and_one_that_refuses(handset: NewHandset) -> None:
    asha = handset().take()
    power = asha.router("mtwapa").locator("[role=switch]")
    power.click()
    expect(power).to_have_attribute("aria-checked", "false")
    asha.router("baraka-hotspot").locator("select").select_option("refusing")
    expect(asha.router("baraka-hotspot").locator("select")).to_have_class("odd")
    asha.order()
    asha.answer_pin()
    expect(asha.page.locator("#log")).to_contain_text("Posted in the journal")
    asha.stations(DONE, DONE, DONE, DONE, NOW, AHEAD, AHEAD)
    for name in ("mtwapa", "baraka-hotspot"):
        expect(asha.router(name).locator(".held")).to_have_count(0)

    power.click()
    asha.router("baraka-hotspot").locator("select").select_option("normal")
    expect(power).to_have_attribute("aria-checked", "true")
    asha.advance("PT1H")
    asha.stations(DONE, DONE, DONE, DONE, DONE, DONE, NOW)
    expect(asha.router("mtwapa").locator(".held")).to_have_count(1)


def test_every_kind_can_be_set_and_all_is_well_with_one_press(handset: NewHandset, demo: Demo) -> None:
    asha = handset()
    chosen = {
        "callback": "dropped", "stk_result": "2001", "stk_push": "500", "stk_query": "pending_500",
        "c2b": "doubled", "sms": "no_balance", "sms_report": "failed",
    }  # fmt: skip
    for name, value in chosen.items():
        asha.choose(name, value)
    standing = httpx.get(f"{demo.sandbox}/faults").json()
    assert {name: standing[name] for name in chosen} == chosen
    asha.page.click("#reset")
    expect(asha.page.locator("#faults .odd")).to_have_count(0)
    after = httpx.get(f"{demo.sandbox}/faults").json()
    assert all(after[name] in {"normal", "none"} for name in chosen)


# -- account, clock, money, people


def test_a_customer_of_the_past_is_asked_about_and_the_home_comes_online(handset: NewHandset) -> None:
    asha = handset()
    payers = asha.page.locator("#known optgroup").nth(1).locator("option")
    expect(payers.first).to_contain_text("has paid Ksh")
    asha.page.select_option("#known", payers.first.get_attribute("value"))
    asha.page.click("#ask-account")
    expect(asha.page.locator("#account .holder")).to_have_text(re.compile(r"\d{7}"))
    expect(asha.page.locator("#account")).to_contain_text("Home")
    home = asha.page.locator(".router .held", has_text="Home line")
    home.get_by_role("button").click()
    expect(home).to_have_class(re.compile("online"))
    home.get_by_role("button").click()
    expect(home).not_to_have_class(re.compile("online"))


def test_time_moves_by_the_hour_and_the_day(handset: NewHandset, demo: Demo) -> None:
    asha = handset()

    def offset() -> int:
        return int(httpx.get(f"{demo.sandbox}/clock").json()["offset_seconds"])

    for advance, seconds in (("PT1H", 3_600), ("P1D", 86_400)):
        before = offset()
        asha.advance(advance)
        assert offset() == before + seconds


def test_wallet_and_paybill(handset: NewHandset) -> None:
    asha = handset().take()
    asha.page.click("[data-wallet='0']")
    expect(asha.page.locator("#wallet")).to_have_text("Ksh 0")
    asha.page.click(".purse summary")
    asha.page.fill("#paybill [name=account]", "1000015")
    asha.page.click("#paybill button")
    expect(asha.page.locator("#paybill output")).to_contain_text("not have enough money")
    asha.page.click("[data-wallet='5000']")
    expect(asha.page.locator("#wallet")).to_have_text("Ksh 5,000")


def test_a_number_that_is_none_is_named_and_changes_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.fill("#number", "0812")
    page.keyboard.press("Enter")
    for _ in range(2):  # it stays when the page looks again
        with page.expect_response("**/scene"):
            expect(page.locator("#alarm")).to_contain_text("0812 is no Kenyan mobile number")
    expect(page.locator("#number")).to_have_attribute("aria-invalid", "true")
