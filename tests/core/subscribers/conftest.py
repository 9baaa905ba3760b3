"""What goes out by SMS, read by the tests of numbers and chats."""

import pytest

from core.base.database import Database
from tests.core.subscribers.mailbox import Mailbox


@pytest.fixture
def mailbox(database: Database) -> Mailbox:
    return Mailbox(database)
