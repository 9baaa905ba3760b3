"""`bando cycle`. What it does is imported when it is asked for: a command line should start at once."""

import click


@click.command(help="Raise the bills that are due, or say what would be billed, or what was never billed.")
@click.option(
    "--dry-run", is_flag=True, help="Only say what would be billed, who is left out, and what is strange."
)
@click.option(
    "--unbilled", is_flag=True, help="List service that no invoice covers; exit 1 unless there is none."
)
@click.option("--approve", type=int, metavar="RUN", help="The yes that a run waits for.")
@click.option("--refuse", type=int, metavar="RUN", help="Refuse or stop a run; with --reason.")
@click.option("--reason", default="", help="Why it is refused.")
@click.option(
    "--chunk", type=click.IntRange(1, 50_000), default=10_000, show_default=True, help="Lines a transaction."
)
def cycle(
    dry_run: bool, unbilled: bool, approve: int | None, refuse: int | None, reason: str, chunk: int
) -> None:
    from bando import cycle as words

    if unbilled:
        count, lines = words.count_unbilled()
        for line in lines:
            click.echo(line)
        raise click.exceptions.Exit(1 if count else 0)
    if approve is not None:
        said = words.approve(approve)
    elif refuse is not None:
        said = words.refuse(refuse, reason)
    else:
        said = words.look_first() if dry_run else words.run_now(chunk=chunk)
    for line in said:
        click.echo(line)


@click.command(help="List the mass of cuts that waits for a yes, or give it.")
@click.option("--allow", type=int, metavar="HOLD", help="The yes: they are cut within a minute.")
def cuts(allow: int | None) -> None:
    from bando import guards

    for line in guards.allow(allow) if allow is not None else guards.waiting():
        click.echo(line)
