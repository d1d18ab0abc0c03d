"""A client of the Language Server Protocol, as much of it as an editor needs to show what is wrong."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO, Any

from tests.editor.node import MODULES, NODE

PATIENCE = 300.0
"""Seconds after which a conversation is ended, so that a test fails instead of hanging."""
SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False},
    }
}


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """What an editor underlines; line and column count from 1."""

    line: int
    column: int
    message: str


@dataclass(slots=True)
class Editor:
    """One conversation; *marked* holds what the server said last about each file."""

    output: IO[bytes]
    input: IO[bytes]
    count: int = 0
    marked: dict[str, list[Mark]] = field(default_factory=dict)

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def request(self, method: str, params: object) -> Any:
        self.count += 1
        self._send({"id": self.count, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self.count and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def open(self, texts: Mapping[Path, str]) -> dict[Path, list[Mark]]:
        """What is marked in each of these files, all opened at once; none of them was open before."""
        assert not self.marked.keys() & {file.as_uri() for file in texts}
        for file, text in texts.items():
            document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
            self.notify("textDocument/didOpen", {"textDocument": document})
        waiting = {file.as_uri() for file in texts}
        while not waiting <= self.marked.keys():
            self._next()
        return {file: self.marked[file.as_uri()] for file in texts}

    def hover(self, file: Path, line: int, column: int) -> str:
        answer = self.request("textDocument/hover", _at(file, line, column))
        return str(answer["contents"]["value"]) if answer else ""

    def completions(self, file: Path, line: int, column: int) -> dict[str, str]:
        """What is offered there, with its documentation."""
        answer = self.request("textDocument/completion", _at(file, line, column))
        return {item["label"]: _text(item.get("documentation", "")) for item in answer["items"]}

    def _send(self, message: Mapping[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.output.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.output.flush()

    def _next(self) -> dict[str, Any]:
        """The next message; what it says of a file is kept, what it asks of us is granted."""
        length = 0
        while line := self.input.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended, or took too long"
        message: dict[str, Any] = json.loads(self.input.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            self.marked[params["uri"]] = sorted(_mark(diagnostic) for diagnostic in params["diagnostics"])
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message


@contextmanager
def editor(folder: Path) -> Iterator[Editor]:
    """The real yaml-language-server over stdio, with *folder* opened."""
    program = Path(MODULES) / "yaml-language-server" / "bin" / "yaml-language-server"
    with subprocess.Popen(
        [NODE, str(program), "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        end = Timer(PATIENCE, server.kill)
        end.start()
        try:
            session = Editor(output=server.stdin, input=server.stdout)
            able = {"textDocument": {"hover": {"contentFormat": ["markdown"]}}}
            session.request(
                "initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": able}
            )
            session.notify("initialized", {})
            session.notify("workspace/didChangeConfiguration", {"settings": SETTINGS})
            yield session
        finally:
            end.cancel()
            server.kill()


def _at(file: Path, line: int, column: int) -> dict[str, Any]:
    return {
        "textDocument": {"uri": file.as_uri()},
        "position": {"line": line - 1, "character": column - 1},
    }


def _mark(diagnostic: Mapping[str, Any]) -> Mark:
    start = diagnostic["range"]["start"]
    return Mark(start["line"] + 1, start["character"] + 1, diagnostic["message"])


def _text(documentation: object) -> str:
    return str(documentation["value"] if isinstance(documentation, dict) else documentation)
