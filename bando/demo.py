"""`bando demo` and `bando up`: servers, schema, seed, and every process, until a signal."""

import os
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bando.compose import AllSettings, assemble, check_database, read_settings
from bando.embedded import Servers, resolve
from bando.environment import remember_environment
from bando.migrate import migrate
from bando.processes import children, is_answering
from bando.seed.history import DAYS, PEOPLE, is_seeded, seed
from bando.staff import ensure_trial_owner
from bando.supervise import supervise
from bando.trial import receipts_file, trial_environment, write_world
from core.base.errors import Misconfigured
from core.base.log import set_up_logging
from core.base.settings import Settings


def say(text: str) -> None:
    """Progress, at once also when piped."""
    click.echo(text)


def run_demo() -> int:
    """The main job: a whole trial in the foreground. Its exit code."""
    if Settings().live:
        raise Misconfigured(
            ["BANDO_MODE is live: the demo, its sandbox and its seed are for trial mode only"]
        )
    home = Settings().home.absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.update(trial_environment(os.environ, home))
    world = write_world(os.environ, home)
    _refuse_taken_ports(world)
    with resolve(os.environ, home, say) as servers:
        _point_at(servers)
        remember_environment(os.environ, home, BANDO_DATABASE_OWNER_URL=servers.owner_url)
        migrate(servers.owner_url)
        settings = read_settings()
        set_up_logging("demo", settings.shared.log_level, settings.shared.log_folder)
        _seed_once(settings, world, home)
        return supervise(
            children(_without_owner(os.environ), sandbox=True, home=home),
            ready_checks=_ready_checks(settings.shared, sandbox=True),
            on_ready=lambda: _greet(settings, home),
        )


def run_up() -> int:
    """All processes of one machine, with the servers that the settings name (or, in a trial, our own)."""
    shared = Settings()
    home = shared.home.absolute()
    if not shared.live:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ.update(trial_environment(os.environ, home))
        with resolve(os.environ, home, say) as servers:
            _point_at(servers)
            remember_environment(os.environ, home, BANDO_DATABASE_OWNER_URL=servers.owner_url)
            migrate(servers.owner_url)
            return _keep_up(home)
    return _keep_up(home)


def _keep_up(home: Path) -> int:
    settings = read_settings()
    check_database(assemble(settings))
    return supervise(
        children(_without_owner(os.environ), sandbox=False, home=home),
        ready_checks=_ready_checks(settings.shared, sandbox=False),
        on_ready=lambda: say("Bando is up."),
    )


def _refuse_taken_ports(world: dict[str, Any]) -> None:
    """Say in plain words that another program listens where we must. Raises Misconfigured."""
    shared = Settings()
    wanted = {shared.port: "BANDO_PORT", shared.sandbox_port: "BANDO_SANDBOX_PORT"}
    wanted |= {row["port"]: "BANDO_SANDBOX_PORT" for row in world["routers"]}
    taken = [
        f"port {port} is in use, perhaps by another demo: choose another {name} (and another BANDO_HOME)"
        for port, name in wanted.items()
        if not _is_free(port)
    ]
    if taken:
        raise Misconfigured(taken)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _point_at(servers: Servers) -> None:
    os.environ["BANDO_DATABASE_URL"] = servers.app_url
    os.environ["BANDO_REDIS_URL"] = servers.redis_url


def _without_owner(environ: Mapping[str, str]) -> dict[str, str]:
    """What the running processes are given: never the role that owns the tables."""
    return {name: value for name, value in environ.items() if name != "BANDO_DATABASE_OWNER_URL"}


def _seed_once(settings: AllSettings, world: dict[str, Any], home: Path) -> None:
    shared = settings.shared
    program = assemble(settings)
    check_database(program)
    if not is_seeded(program.database):
        say("seeding: a provider and a year of its past")
        seed(
            program.database,
            world=world,
            networks=shared.router_networks,
            own_ports=[shared.port, shared.sandbox_port],
            receipts_file=receipts_file(home),
            say=say,
            count=int(os.environ.get("BANDO_SEED_PEOPLE", PEOPLE)),
            days=int(os.environ.get("BANDO_SEED_DAYS", DAYS)),
        )
    with program.work() as work:
        ensure_trial_owner(work, **world["staff"])
    program.database.engine.dispose()


def _ready_checks(shared: Settings, *, sandbox: bool) -> list[Callable[[], bool]]:
    checks: list[Callable[[], bool]] = [lambda: is_answering(f"http://127.0.0.1:{shared.port}/health/ready")]
    if sandbox:
        checks.append(lambda: is_answering(f"http://127.0.0.1:{shared.sandbox_port}/about"))
    return checks


def _greet(settings: AllSettings, home: Path) -> None:
    shared, brand = settings.shared, settings.brand
    sandbox = f"http://127.0.0.1:{shared.sandbox_port}"
    registered = _register_paybill(settings)
    started = datetime.now(UTC).strftime("%H:%M:%S")
    say(
        f"""
Bando is ready ({started} UTC), trial mode: nothing here reaches the world.

  the outside world (phones, M-PESA, routers)   {sandbox}/
  its doors, to try by hand                     {sandbox}/docs
  Bando's staff web                             {shared.public_url}/admin
      email, password, second factor            {sandbox}/about
  dial                                          {brand.service_code}
  paybill                                       {settings.daraja.shortcode} ({registered})

  a phone dials:   curl -s -X POST {sandbox}/phones/0712345678/dial \\
                        -H 'Content-Type: application/json' -d '{{"code": "{brand.service_code}"}}'

  data and logs    {home}
  Ctrl-C ends everything; the data stays.
"""
    )


def _register_paybill(settings: AllSettings) -> str:
    """Tell M-PESA where the paybill's payments are to be told of; it is done once and may be repeated here."""
    program = assemble(settings)
    try:
        program.mpesa.register_pull()
        return program.mpesa.register_urls()
    except Exception as error:
        return f"addresses not registered: {type(error).__name__}"
    finally:
        program.database.engine.dispose()
