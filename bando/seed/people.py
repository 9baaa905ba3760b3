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


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the trial. home: has a home line; else a hotspot buyer."""

    msisdn: Msisdn
    first_name: str
    last_name: str
    language: str
    home: bool
    joined_days_ago: int


def people(count: int, homes: int, days: int, draw: random.Random) -> Iterator[Person]:
    """`count` people, the first `homes` of them with a home line; who came within the last `days`, most of them
    lately."""
    for number in range(count):
        prefix = PREFIXES[0] if draw.random() < 0.85 else PREFIXES[1]
        tail = f"{10_000_000 + number * 37_003 % 9_000_000:08d}"
        yield Person(
            msisdn=Msisdn(prefix + tail),
            first_name=draw.choice(FIRST_NAMES),
            last_name=draw.choice(LAST_NAMES),
            language=draw.choice(("sw", "sw", "en")),
            home=number < homes,
            joined_days_ago=1 + int(draw.random() ** 2 * days),
        )
