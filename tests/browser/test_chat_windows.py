"""WhatsApp, Telegram and SMS beside the phone: one person, one account, four ways to talk."""

import json
import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import expect

from sandbox.people import telegram_id
from tests.browser.handset import CODE, Handset
from tests.browser.smartphone import Smartphone, known_in_telegram
from tests.journeys.demo import Demo

DONE, NOW = "done", "now"
WIDE = {"width": 1280, "height": 800}
NewHandset = Callable[..., Handset]

WORDS = {
    "en-GB": {
        "language": "English", "buy": "Buy WiFi bundle", "day": "Ksh 50: 24 hours", "pay": "For me: pay now",
        "voucher": "Pwani Net voucher", "whatsapp": "On WhatsApp",
    },
    "sw-KE": {
        "language": "Kiswahili", "buy": "Nunua kifurushi", "day": "Ksh 50: saa 24", "pay": "Yangu: lipa sasa",
        "voucher": "Vocha ya Pwani Net", "whatsapp": "Iko WhatsApp",
    },
}  # fmt: skip


def is_paid_and_granted(asha: Handset) -> None:
    """The stations up to the message; the router holds the voucher of the message."""
    asha.stations(*[DONE] * 6, NOW)
    expect(asha.sentence).to_contain_text(re.compile("From PIN to router|Kutoka PIN hadi router"))
    expect(asha.router("mtwapa").locator(".held")).to_have_count(1)


# -- the same purchase, begun in each window


@pytest.mark.parametrize("locale", ["en-GB", "sw-KE"])
def test_a_purchase_in_whatsapp_on_a_narrow_screen(handset: NewHandset, locale: str) -> None:
    words, asha = WORDS[locale], handset(locale).take()
    whatsapp = Smartphone(asha, "whatsapp").in_front()
    expect(asha.page.locator("#phone")).to_be_hidden()
    whatsapp.begin()
    whatsapp.says("Pwani Net")
    whatsapp.tap(words["language"])
    whatsapp.says("Pwani Net")
    whatsapp.tap(words["buy"])
    whatsapp.pick(words["day"])
    whatsapp.says("Ksh 50")
    whatsapp.pick(words["pay"])
    whatsapp.says("M-PESA")

    asha.page.click("#to-pin")
    asha.answer_pin()
    expect(asha.page.locator("[data-window=whatsapp] .unread")).to_be_visible()
    whatsapp.in_front()
    whatsapp.says(words["voucher"])
    code = CODE.search(whatsapp.answers.last.inner_text())
    assert code is not None
    expect(whatsapp.answers.last.locator("mark")).to_have_text(code[0])
    is_paid_and_granted(asha)
    expect(asha.page.locator("#stations li").nth(5)).to_contain_text(words["whatsapp"])
    expect(asha.router("mtwapa").locator(".held")).to_contain_text([code[0].replace("-", "")])
    assert asha.page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_purchase_in_telegram_after_sharing_the_number(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    expect(asha.page.locator("#telegram-knows")).to_have_text("number not shared yet")
    telegram = known_in_telegram(asha)
    expect(asha.page.locator("#telegram-knows")).to_contain_text(asha.number[-3:])
    expect(telegram.window.locator(".keys")).to_be_hidden()

    before = telegram.bubbles.count()
    telegram.tap("Buy WiFi bundle")
    telegram.says("Choose a bundle", "edited")
    telegram.tap("Ksh 50: 24 hours")
    telegram.says("1 phone")
    telegram.tap("For me: pay now")
    telegram.says("M-PESA will ask for your PIN")
    assert telegram.bubbles.count() == before, "edits change the bubble in place"

    asha.answer_pin()
    is_paid_and_granted(asha)


def test_a_purchase_by_sms_and_its_voucher_in_the_thread_of_the_sender(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    sms = Smartphone(asha, "sms")
    sms.begin()
    for said, answer in (("1. English", "1"), ("Buy WiFi bundle", "2"), ("24 hours", "3"), ("For me", "1")):
        sms.says(said)
        sms.write(answer)
    asha.answer_pin()
    is_paid_and_granted(asha)
    expect(asha.page.locator("#stations li").nth(5)).to_contain_text("Text sent")
    house = asha.page.locator("[data-thread=PWANINET]")
    expect(house.locator(".unread")).to_have_text("1")
    house.click()
    sms.says("Pwani Net voucher")
    expect(house.locator(".unread")).to_have_count(0)
    expect(sms.window.locator(".writing")).to_be_hidden()
    expect(sms.window).to_contain_text("This sender takes no answers.")
    assert CODE.search(sms.answers.last.inner_text())


# -- one person


def test_what_is_begun_in_one_window_goes_on_in_another(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    whatsapp = Smartphone(asha, "whatsapp")
    whatsapp.begin()
    whatsapp.tap("English")
    whatsapp.tap("Buy WiFi bundle")
    whatsapp.pick("Ksh 50: 24 hours")
    whatsapp.says("1 phone")
    asha.page.click("#own-code")
    asha.shows("you were not finished", "24 hours Ksh 50")


def test_another_number_is_another_person_in_all_windows(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    telegram = known_in_telegram(asha)
    sms = Smartphone(asha, "sms")
    sms.begin()
    expect(sms.answers).to_have_count(1)
    name = asha.page.locator("#person-name").inner_text()

    asha.page.fill("#number", f"07{int(asha.number[2:]) ^ 1:08d}")
    asha.page.keyboard.press("Enter")
    expect(asha.page.locator("#person-name")).not_to_have_text(name)
    for window in (telegram, sms):
        expect(window.bubbles).to_have_count(0)
    expect(asha.page.locator("#telegram-knows")).to_have_text("number not shared yet")

    asha.page.fill("#number", asha.number)
    asha.page.keyboard.press("Enter")
    expect(asha.page.locator("#person-name")).to_have_text(name)
    expect(telegram.bubbles.first).to_contain_text("/start")
    expect(sms.answers).to_have_count(1)


# -- the ways of each chat


def test_an_old_button_stays_and_does_nothing_but_say_so(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    whatsapp = Smartphone(asha, "whatsapp")
    whatsapp.begin()
    whatsapp.says("language")
    whatsapp.tap("English")
    whatsapp.says("Welcome")
    whatsapp.tap("Buy WiFi bundle")
    whatsapp.pick("Ksh 50: 24 hours")
    whatsapp.says("1 phone")
    whatsapp.pick("For me: pay now")
    asha.answer_pin()
    is_paid_and_granted(asha)
    expect(whatsapp.answers.last).to_contain_text("Pwani Net voucher")
    for text, row, answer in (
        (
            "1 phone",
            "For me: pay now",
            "M-PESA will ask for your PIN",
        ),  # the same button twice: the first did it
        ("1 phone", "For another number", "That menu is old."),
        ("Choose a bundle", "Ksh 800: 30 days", "That menu is old."),
    ):
        whatsapp.answers.filter(has_text=text).locator(".opens").first.click()
        whatsapp.sheet.get_by_role("button", name=row, exact=True).click()
        whatsapp.says(answer)
    expect(asha.page.locator("#wallet")).to_have_text("Ksh 4,950")
    expect(asha.page.locator("#pin")).to_be_hidden()
    expect(asha.page.locator("#stations .done")).to_have_count(6)


def test_what_cannot_be_read_is_sent_from_the_menu_and_answered(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    whatsapp = Smartphone(asha, "whatsapp")
    whatsapp.begin()
    whatsapp.says("language")
    for kind, shown in (("sticker", ".sticker"), ("voice", ".voice"), ("location", ".place")):
        count = whatsapp.answers.count()
        whatsapp.window.locator(".writing summary").click()
        whatsapp.window.locator(f"[data-act={kind}]").click()
        expect(whatsapp.window.locator(f".mine {shown}")).to_have_count(1)
        expect(whatsapp.answers).to_have_count(count + 1)


@pytest.mark.parametrize("channel", ["whatsapp", "telegram"])
def test_the_provider_can_be_blocked_and_let_in_again(handset: NewHandset, channel: str) -> None:
    asha = handset(viewport=WIDE).take()
    chat = Smartphone(asha, channel)
    chat.begin()
    chat.says("language")
    chat.window.locator(".top summary").click()
    chat.window.locator("[data-act=block]").click()
    expect(chat.window.locator(".gate")).to_contain_text("You have blocked PWANINET here.")
    expect(chat.window.locator(".writing")).to_be_hidden()
    chat.window.get_by_role("button", name="Unblock").click()
    expect(chat.window.locator(".writing")).to_be_visible()
    count = chat.answers.count()
    chat.write("menu")
    expect(chat.answers).not_to_have_count(count)


def test_a_whatsapp_purchase_by_keyboard_alone(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    whatsapp = Smartphone(asha, "whatsapp")
    asha.tab_to("whatsapp-text")
    asha.type("hi")
    whatsapp.says("language")
    asha.type("1")
    whatsapp.says("Welcome")
    asha.type("2")
    whatsapp.says("Choose a bundle")
    opener = whatsapp.answers.locator(".opens").last
    asha.tab_to(str(opener.get_attribute("data-stay")), back=True)
    asha.page.keyboard.press("Enter")
    expect(whatsapp.sheet.locator("li button").first).to_be_focused()
    asha.page.keyboard.press("Escape")
    expect(whatsapp.sheet).to_be_hidden()
    expect(opener).to_be_focused()
    asha.page.keyboard.press("Enter")
    for _ in range(2):
        asha.page.keyboard.press("Tab")
    asha.page.keyboard.press("Enter")
    whatsapp.says("24 hours", "Ksh 50")
    assert asha.has_focus != "BODY", "the keyboard is not sent back to the top"


def test_a_file_stands_in_the_chat_and_can_be_opened(handset: NewHandset, demo: Demo) -> None:
    asha = handset(viewport=WIDE).take()
    telegram = Smartphone(asha, "telegram")
    telegram.begin()
    telegram.says("language")
    bot = json.loads((demo.home / "world.json").read_text())["telegram"]["token"]
    content = b"%PDF-1.7 an invoice"
    httpx.post(
        f"{demo.sandbox}/bot{bot}/sendDocument",
        data={"chat_id": str(telegram_id(f"254{asha.number[1:]}")), "caption": "Your invoice"},
        files={"document": ("INV-0042.pdf", content, "application/pdf")},
    ).raise_for_status()
    telegram.says("INV-0042.pdf", "PDF · 1 kB", "Your invoice")
    address = telegram.answers.last.locator(".file").get_attribute("href")
    assert httpx.get(f"{demo.sandbox}{address}").content == content
