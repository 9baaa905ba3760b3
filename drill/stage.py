"""`bando demo` as the drills need it: the same program and supervisor, two workers for each queue, and every process
of the product started through the killer."""

import dataclasses
import sys
from collections.abc import Iterator

from bando import demo
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
    of_the_machine = demo.children
    demo.children = lambda *given, **named: list(on_stage(of_the_machine(*given, **named)))
    return demo.run_demo()


if __name__ == "__main__":
    sys.exit(main())
