"""Who lives at the trial's sites: drawn names and numbers, always the same ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from core.base.msisdn import Msisdn

FIRST_NAMES = """
Amina Baraka Chebet Daudi Esther Fatuma Grace Hassan Imani Juma Kamau Leila Mwangi Njeri Otieno
Peninah Rashid Salma Tabitha Wanjiku Akinyi Brian Cynthia Dennis Eunice Faith Gideon Halima Ibrahim
Joyce Kevin Lucy Mercy Naomi Omondi Purity Ruth Samuel Teresia Victor Wambui Zainab Abdi Beatrice
Charo Dama Emmanuel
""".split()
LAST_NAMES = """
Mwangi Otieno Hassan Kamau Wanjiru Odhiambo Mutua Njoroge Kiptoo Achieng Salim Karisa Kazungu Chege
Omar Wafula Barasa Nyambura Kilonzo Mwakio Rono Auma Juma Kariuki Mbogo
""".split()
PREFIXES = ("2547", "2541")

HOME, TENANT, LANDLORD, OFFICE, BY_DATA, PASSER = "home", "tenant", "landlord", "office", "by data", "passer"
"""How somebody lives with us: pays a line of one's own; has one that the landlord pays; pays for several; has a line
that is billed after its months; has one with so much data; buys hotspot vouchers."""
PUNCTUAL, LATE, ERRATIC = "punctual", "late", "erratic"
TENANTS, HOUSE_FROM = range(2, 7), 12
"""Which of the homes share a landlord, who is the next of them; there is one where there are so many homes."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the trial. life: HOME and so on; habit: how a home line is paid."""

    msisdn: Msisdn
    first_name: str
    last_name: str
    language: str
    life: str
    habit: str
    joined_days_ago: int

    @property
    def home(self) -> bool:
        """Whether it has to do with home lines; else it buys vouchers."""
        return self.life != PASSER


def people(count: int, homes: int, days: int, draw: random.Random) -> Iterator[Person]:
    """`count` people, the first `homes` of them with a home line; who came within the last `days`, the more of them
    the later: the provider grows."""
    for number in range(count):
        prefix = PREFIXES[0] if draw.random() < 0.85 else PREFIXES[1]
        tail = f"{10_000_000 + number * 37_003 % 9_000_000:08d}"
        life = life_of(number, homes)
        ago = 1 + int(draw.random() ** 1.9 * days)
        if life in (TENANT, LANDLORD):
            ago = 1 + days * 2 // 3 - number  # the landlord, who is the last of them, comes first
            ago = max(ago, 1) if life == TENANT else 2 + days * 2 // 3
        yield Person(
            msisdn=Msisdn(prefix + tail),
            first_name=draw.choice(FIRST_NAMES),
            last_name=draw.choice(LAST_NAMES),
            language=draw.choice(("sw", "sw", "en")),
            life=life,
            habit=draw.choices((PUNCTUAL, LATE, ERRATIC), (58, 32, 10))[0],
            joined_days_ago=min(ago, days),
        )


def life_of(number: int, homes: int) -> str:
    """What kind of life the person in this place of the crowd leads."""
    if number >= homes:
        return PASSER
    if homes >= HOUSE_FROM and number in TENANTS:
        return TENANT
    if homes >= HOUSE_FROM and number == TENANTS.stop:
        return LANDLORD
    if number % 57 == 11:
        return OFFICE
    return BY_DATA if number % 28 == 9 else HOME
