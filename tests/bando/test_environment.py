"""Commands find the servers of a trial that runs; whoever starts servers does not look for others'."""

from pathlib import Path

from bando.cli import STARTS_SERVERS, commands
from bando.environment import FILE, recall_environment, remember_environment


def test_a_command_is_told_what_the_trial_was_started_with(tmp_path: Path) -> None:
    remember_environment(
        {"BANDO_DATABASE_URL": "app", "PATH": "/bin"}, tmp_path, BANDO_DATABASE_OWNER_URL="owner"
    )
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    environ = {"BANDO_HOME": str(tmp_path)}
    recall_environment(environ)
    assert (environ["BANDO_DATABASE_URL"], environ["BANDO_DATABASE_OWNER_URL"]) == ("app", "owner")
    assert "PATH" not in environ


def test_a_given_database_and_live_mode_are_left_alone(tmp_path: Path) -> None:
    remember_environment({"BANDO_DATABASE_URL": "trial"}, tmp_path)
    given = {"BANDO_HOME": str(tmp_path), "BANDO_DATABASE_URL": "mine"}
    live = {"BANDO_HOME": str(tmp_path), "BANDO_MODE": "live"}
    recall_environment(given)
    recall_environment(live)
    assert given["BANDO_DATABASE_URL"] == "mine"
    assert "BANDO_DATABASE_URL" not in live


def test_what_starts_servers_never_takes_those_of_an_earlier_start() -> None:
    assert set(STARTS_SERVERS) <= set(commands.commands)
