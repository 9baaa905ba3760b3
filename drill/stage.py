"""`bando demo` as the drills need it: the same program and supervisor, two workers for each queue, and every process
of the product started through the killer."""

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bando import demo, processes
from bando.supervise import Child


def on_stage(children: list[Child]) -> Iterator[Child]:
    for child in children:
        if "bando" not in child.argv:
            yield child  # the outside world is not ours to kill
            continue
        argv = [word if word != "bando" else "drill.killer" for word in child.argv]
        yield dataclasses.replace(child, argv=argv)
        if child.name.startswith("worker-"):
            yield dataclasses.replace(child, name=f"{child.name}-2", argv=argv)


def main() -> int:
    def children(environ: Mapping[str, str], *, sandbox: bool, home: Path) -> list[Child]:
        return list(on_stage(processes.children(environ, sandbox=sandbox, home=home)))

    vars(demo)["children"] = children
    return demo.run_demo()


if __name__ == "__main__":
    sys.exit(main())
