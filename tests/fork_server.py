"""
A process that has everything imported and forks for each run of the command.

A forked run is the real one from ``fleetward.__main__.main`` on: its own process, streams, environment, folder and
exit code. What it saves is the start of the interpreter and the imports, about 0.15 s of 0.2 s.
Read on standard input: one line of JSON ``{"args", "cwd", "env", "out", "err"}``; answered with the exit code.
"""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import time
import traceback
from importlib import import_module
from pkgutil import walk_packages

from tests.paths import CHECKOUT


def preload() -> None:
    """Import what verbs import on their way."""
    for package in ("fleetward.cli", "fleetward.workflows", "fleetward.report", "fleetward.store"):
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    for name in ("yaml", "jsonschema_rs", "jsonschema", "git", "deepdiff", "rich.console", "cryptography"):
        import_module(name)
    warm_up()


def warm_up() -> None:
    """Compile what each run would compile again: patterns and schemas, nothing that a repository says."""
    from fleetward.store.formats.json_schema import reference_validator, schema_names
    from fleetward.store.git.plain_folder import FolderTree
    from fleetward.workflows.load import load_fleet

    load_fleet(FolderTree(root=CHECKOUT / "example-fleet"))
    for name in schema_names():
        reference_validator(name)
    # what stays is shared by all forks: the collector need not look at it, and copies no page for it
    gc.collect()
    gc.freeze()


def run(request: dict[str, object]) -> None:
    """In the forked child: become the command, and end with its exit code."""
    code = 70
    try:
        os.chdir(str(request["cwd"]))
        os.environ.clear()
        os.environ.update(dict(request["env"]))  # type: ignore[call-overload]
        time.tzset()
        streams = (os.open(os.devnull, os.O_RDONLY), *(_created(str(request[key])) for key in ("out", "err")))
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        sys.stdin = io.TextIOWrapper(io.FileIO(0), encoding="utf-8")
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")), "utf-8", "surrogateescape")
        sys.stderr = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(2, "w")), "utf-8", "backslashreplace", line_buffering=True
        )
        sys.argv = ["fleet", *request["args"]]  # type: ignore[misc]
        from fleetward.__main__ import main

        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - a test sees it as output of the command
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _created(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def serve() -> None:
    """Fork for each request until the input ends."""
    preload()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    for line in requests:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


if __name__ == "__main__":
    serve()
