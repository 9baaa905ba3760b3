"""`bando site` and `bando setting`: what stands before anything is sold. What they do is imported when it is asked for:
a command line should start at once."""

from datetime import datetime

import click


@click.group(help="Sites: the places that are served.")
def site() -> None:
    pass


@site.command("add", help="Open a site. Its name stands on USSD screens: 12 characters at most.")
@click.argument("name")
def site_add(name: str) -> None:
    from bando.processes import start
    from core.catalogue.sites import open_site
    from core.staff.audit import COMMAND_LINE

    with start("cli").work() as work:
        opened = open_site(work, COMMAND_LINE, name=name)
        click.echo(f"{opened.name} is a site. Its routers come with `bando router add`.")


@click.group(help="Settings with a start day: rates, taxes, periods.")
def setting() -> None:
    pass


@setting.command("list", help="Every setting, its value now, and what is to come.")
def setting_list() -> None:
    from bando.processes import start
    from core.staff.dated_by_staff import dated_lines

    with start("cli").work() as work:
        for name, value, to_come in dated_lines(work):
            later = "".join(f", {figure} from {day}" for day, figure in to_come)
            click.echo(f"{name} = {value}{later}")


@setting.command("set", help="Give a setting another value from a day on: today, unless one is named.")
@click.argument("name")
@click.argument("value", type=int)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first day, as 2026-07-01.")
def setting_set(name: str, value: int, first: datetime | None) -> None:
    from bando.processes import start
    from core.base.clock import nairobi_day
    from core.staff.audit import COMMAND_LINE
    from core.staff.dated_by_staff import set_dated

    with start("cli").work() as work:
        from_day = first.date() if first is not None else nairobi_day(work.now)
        set_dated(work, COMMAND_LINE, name=name, value=value, from_day=from_day)
        click.echo(f"{name} = {value} from {from_day} on.")
