"""A new home line gets its user name and password by text: once, in the subscriber's language."""

import json

from sqlalchemy import select, text

from core.messaging.model import Notice
from core.network import jobs
from core.network.accounts import account_of, secret_of
from tests.core.network.conftest import AMINA, Network


def notices(network: Network) -> list[Notice]:
    with network.work() as work:
        return list(work.session.scalars(select(Notice).order_by(Notice.id)))


def tell(network: Network, subscription_id: int) -> None:
    jobs.send_credentials(network, subscription_id=subscription_id, at=0)


def test_told_once_in_the_subscribers_language(network: Network, home: int, kilifi: int) -> None:
    line = network.sell(home, kilifi)
    network.converge(line)
    with network.work() as work:
        work.session.execute(text("UPDATE subscribers SET language = 'sw'"))
    tell(network, line)
    tell(network, line)
    (notice,) = notices(network)
    assert (notice.template, notice.address, notice.language) == ("line_credentials", AMINA.digits, "sw")
    with network.work() as work:
        account = account_of(work, line)
        assert account is not None
        values = json.loads(
            work.keyring.unseal(notice.values_sealed, table="notices", column="values_sealed", row=notice.id)
        )
        secret = secret_of(work, account)
    assert (values["username"], values["password"]) == (network.username(line), secret)


def test_each_line_of_a_subscriber_is_told(network: Network, home: int, kilifi: int) -> None:
    for _ in range(2):
        line = network.sell(home, kilifi)
        network.converge(line)
        tell(network, line)
    assert len(notices(network)) == 2


def test_a_voucher_is_told_by_its_code_once(network: Network, day: int) -> None:
    voucher = network.sell(day)
    network.converge(voucher)
    tell(network, voucher)
    tell(network, voucher)
    assert [notice.template for notice in notices(network)] == ["voucher"]


def test_without_a_phone_nothing_is_queued(network: Network, home: int, kilifi: int) -> None:
    line = network.sell(home, kilifi)
    network.converge(line)
    with network.work() as work:
        work.session.execute(text("DELETE FROM addresses"))
    tell(network, line)
    assert notices(network) == []
