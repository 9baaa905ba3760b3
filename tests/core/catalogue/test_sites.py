"""Sites: opened by a name that fits a screen, once."""

import pytest

from core.base.database import Database
from core.base.errors import Refusal
from core.catalogue.sites import open_site
from core.staff.audit import COMMAND_LINE


def test_a_site_is_opened_once(database: Database) -> None:
    with database.work() as work:
        assert open_site(work, COMMAND_LINE, name=" Kilifi  Bay ").name == "Kilifi Bay"
        for wrong in ("Kilifi Bay", "", "longer than a screen", "Kili\x07fi", "Kilifí"):
            with pytest.raises(Refusal):
                open_site(work, COMMAND_LINE, name=wrong)
