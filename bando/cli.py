"""The command line. Errors are plain sentences and an exit code; never a traceback for what a person did."""

import os
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import get_args

import click
from pydantic import ValidationError

from bando.cycle_command import cuts, cycle
from bando.environment import recall_environment
from bando.house_command import setting, site
from bots.console.command import chat
from core.base.errors import Misconfigured, Refusal
from core.base.i18n import render
from core.staff.roles import Role
from core.worker.queues import QUEUES


def main() -> int:
    """Run one command; its exit code."""
    try:
        commands.main(standalone_mode=False)
        return 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except ValidationError as error:
        from bando.compose import named

        return _misconfigured(named(error))
    except Misconfigured as error:
        return _misconfigured(error.problems)
    except Refusal as error:
        click.echo(f"bando: {render(error.sentence, 'en')}", err=True)
        return 1


def _misconfigured(problems: list[str]) -> int:
    for problem in problems:
        click.echo(f"bando: {problem}", err=True)
    return 78  # EX_CONFIG: a supervisor need not try again


STARTS_SERVERS = ("demo", "up")
REPORT_NAMES = (
    *(
        "mrr",
        "churn",
        "growth",
        "arpu",
        "collection",
        "ageing",
        "revenue",
        "tax",
        "leakage",
        "access",
        "cash",
    ),
    *("messages", "trial"),
)
"""Those of bando/reports.py, which is read only when one is asked for."""
DAY = click.DateTime(["%Y-%m-%d"])


@click.group(
    help="Bando: an internet provider's subscriber service, from the phone in the subscriber's hand."
)
@click.pass_context
def commands(context: click.Context) -> None:
    # A command beside a running trial talks to its servers; those that start servers of their own do not.
    if context.invoked_subcommand not in STARTS_SERVERS:
        recall_environment(os.environ)


@commands.command(help="Start a whole trial: servers, sandbox, seeded provider, all processes.")
def demo() -> None:
    from bando.demo import run_demo

    raise click.exceptions.Exit(run_demo())


@commands.command(help="Start all processes of one machine.")
def up() -> None:
    from bando.demo import run_up

    raise click.exceptions.Exit(run_up())


@commands.command(help="The web: doors, health, metrics.")
def web() -> None:
    from bando.processes import run_web

    run_web(os.environ)


@commands.command(help="Carries events from PostgreSQL to the queues.")
def relay() -> None:
    from bando.processes import run_relay

    run_relay()


@commands.command(help="Starts what runs on the clock.")
def ticker() -> None:
    from bando.processes import run_ticker

    run_ticker()


@commands.command(help="Works on one queue.")
@click.argument("queue", type=click.Choice(QUEUES))
def worker(queue: str) -> None:
    from bando.processes import run_worker

    run_worker([queue])


@commands.command(help="Bring the database to this version's schema (needs BANDO_DATABASE_OWNER_URL).")
def migrate() -> None:
    from bando.migrate import migrate as run
    from core.base.settings import Settings

    owner = Settings().database_owner_url
    if not owner:
        raise Misconfigured(
            ["BANDO_DATABASE_OWNER_URL is not set: migrations run as the role that owns the tables"]
        )
    run(owner)
    click.echo("The database has this version's schema.")


@commands.command(help="Say what is missing or wrong, in plain words.")
def doctor() -> None:
    from bando.doctor import examine

    findings = examine()
    for finding in findings:
        click.echo(finding.line)
    raise click.exceptions.Exit(1 if any(finding.bad for finding in findings) else 0)


@commands.command(help="Tell Daraja (once per shortcode) and Telegram where our doors are.")
def register_urls() -> None:
    from bando.processes import start

    program = start("cli")
    click.echo(f"addresses: {program.mpesa.register_urls()}")
    click.echo(f"list of payments: {program.mpesa.register_pull()}")
    click.echo(f"Telegram: {program.chats.register()}")


@commands.group(help="Routers: add one, check one.")
def router() -> None:
    pass


@router.command("add", help="Register a router. Its password is asked for, never given on the command line.")
@click.argument("name")
@click.option("--site", required=True)
@click.option("--host", required=True)
@click.option("--port", default=8728, show_default=True)
@click.option("--username", required=True)
@click.option("--pppoe/--no-pppoe", default=False)
@click.option("--hotspot/--no-hotspot", default=False)
@click.password_option(confirmation_prompt=False)
def router_add(
    name: str, site: str, host: str, port: int, username: str, pppoe: bool, hotspot: bool, password: str
) -> None:
    from bando.routers import add_router

    click.echo(
        add_router(
            name=name,
            site=site,
            host=host,
            port=port,
            username=username,
            password=password,
            pppoe=pppoe,
            hotspot=hotspot,
        )
    )


@router.command("check", help="Ask a router who it is and whether we may do what we must.")
@click.argument("name")
def router_check(name: str) -> None:
    from bando.routers import check

    answered, words = check(name)
    click.echo(words)
    raise click.exceptions.Exit(0 if answered else 1)


@commands.group(help="Staff: let somebody in, or out.")
def staff() -> None:
    pass


@staff.command(
    "add", help="Open a staff account. The password is asked for; the second factor is shown once."
)
@click.argument("email")
@click.option("--role", type=click.Choice(get_args(Role)), required=True)
@click.password_option()
def staff_add(email: str, role: str, password: str) -> None:
    from bando.staff import add

    click.echo(add(email=email, role=role, password=password))


@staff.command("off", help="Close a staff account and end its sessions.")
@click.argument("email")
def staff_off(email: str) -> None:
    from bando.staff import off

    click.echo(off(email=email))


@commands.group(help="The trail of what staff did.")
def audit() -> None:
    pass


@audit.command("verify", help="Recompute the sealed trail; say its head, and whether it is the one given.")
@click.option("--head", default=None, help="The head that was written down elsewhere.")
def audit_verify(head: str | None) -> None:
    from bando.staff import audit_verify as verify

    well, lines = verify(head)
    for line in lines:
        click.echo(line)
    raise click.exceptions.Exit(0 if well else 1)


@commands.group(help="The keys that seal secrets.")
def keys() -> None:
    pass


@keys.command("rotate", help="Seal every secret anew with the first key of BANDO_SECRET_KEY.")
def keys_rotate() -> None:
    from bando.keys import rotate_here

    for line in rotate_here():
        click.echo(line)


@commands.group(help="The machine's clock, as far as it is believed.")
def clock() -> None:
    pass


@clock.command("trust", help="Say that the machine's clock is right as it is now.")
def clock_trust() -> None:
    from bando import guards

    click.echo(guards.trust_clock())


@commands.command(help="Print a report over days of Nairobi; docs/reports.md says what each counts.")
@click.argument("name", type=click.Choice(REPORT_NAMES))
@click.option("--from", "first", type=DAY, required=True, help="The first day, as 2026-11-01.")
@click.option("--to", "last", type=DAY, required=True, help="The last day, within it.")
@click.option("--csv", "as_csv", is_flag=True, help="For a spreadsheet: plain numbers, no words around them.")
def report(name: str, first: datetime, last: datetime, as_csv: bool) -> None:
    from bando.reports import report as run

    for line in run(name, first.date(), last.date(), as_csv=as_csv):
        click.echo(line)


@commands.command(help="Collect every sentence from the code into the catalogues of locales/.")
@click.option("--check", is_flag=True, help="Only say what is missing.")
def messages(check: bool) -> None:
    from bando.messages import check_catalogues, update_catalogues

    root = Path(__file__).resolve().parents[1]
    lines = check_catalogues(root) if check else update_catalogues(root)
    for line in lines:
        click.echo(line)
    if check and lines:
        raise click.exceptions.Exit(1)


for each in (cycle, cuts, site, setting, chat(lambda: import_module("bando.processes").start("cli"))):
    commands.add_command(each)


if __name__ == "__main__":
    sys.exit(main())
