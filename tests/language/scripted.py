"""A local server that speaks OpenAI's chat protocol and does what a script says: for tests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass
class Say:
    """One answer of the server.

    Attributes:
        text: what the model says; ignored where ``body`` is given.
        status, headers, body: of the HTTP answer, where it is no ordinary one.
        delay_s: how long it takes before the first byte.
        drop: close the connection: "before" any byte, or in the "middle".
        usage: the tokens in and out; None leaves them out.
        finish: why the model stopped.
        refusal: the model's own.
        done: whether a stream ends as it should.
    """

    text: str = '{"events": []}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    delay_s: float = 0.0
    drop: str = ""
    usage: tuple[int, int] | None = (100, 10)
    finish: str = "stop"
    refusal: str | None = None
    done: bool = True


def error(status: int, message: str, code: str = "", param: str = "", **headers: str) -> Say:
    """An error in OpenAI's shape."""
    body = json.dumps({"error": {"message": message, "code": code or None, "param": param or None}})
    return Say(
        status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


@dataclass
class Server:
    """What the server saw.

    Attributes:
        url: its address, as a client wants it.
        requests: each request's body, as it came, with "_headers" and "_at" added.
        answered: the bodies whose whole answer was written.
        most_at_once: how many requests were under way at once, at the most.
    """

    url: str
    script: Callable[[Json, int], Say]
    requests: list[Json] = field(default_factory=list)
    answered: list[Json] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def said(self, number: int = -1) -> str:
        """The last message of a request, as text."""
        content = self.requests[number]["messages"][-1]["content"]
        return content if isinstance(content, str) else content[0]["text"]


@contextmanager
def serving(script: Callable[[Json, int], Say] | Say | list[Say]) -> Iterator[Server]:
    """A server for the length of the block.

    Args:
        script: what to answer to each request and its number (from 0); one answer for all; or one after
            another, the last for all that follow.
    """

    def decide(body: Json, number: int) -> Say:
        if isinstance(script, Say):
            return script
        if isinstance(script, list):
            return script[min(number, len(script) - 1)]
        return script(body, number)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body: Json = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body["_headers"] = {name.casefold(): value for name, value in self.headers.items()}
            body["_at"], body["_path"] = time.monotonic(), self.path
            with state.lock:
                number = len(state.requests)
                state.requests.append(body)
                state.under_way += 1
                state.most_at_once = max(state.most_at_once, state.under_way)
            try:
                answer(self, body, state.script(body, number))
                state.answered.append(body)
            except (BrokenPipeError, ConnectionResetError, _Dropped):
                self.close_connection = True
            finally:
                with state.lock:
                    state.under_way -= 1

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    http = Quiet(("127.0.0.1", 0), Handler)
    state = Server(f"http://127.0.0.1:{http.server_port}/v1", decide)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Dropped(Exception):
    pass


def answer(handler: BaseHTTPRequestHandler, body: Json, say: Say) -> None:
    """Writes one answer, or breaks off as it was told to."""
    time.sleep(say.delay_s)
    if say.drop == "before":
        raise _Dropped
    if body.get("stream") and say.body is None and say.status == 200:
        stream(handler, body, say)
        return
    text = completion(body, say) if say.body is None else say.body
    data = text.encode()
    handler.send_response(say.status)
    kind = "text/html" if text.lstrip().startswith("<") else "application/json"
    for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **say.headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    if say.drop == "middle":
        handler.wfile.write(data[: len(data) // 2])
        handler.wfile.flush()
        raise _Dropped
    handler.wfile.write(data)


def completion(body: Json, say: Say) -> str:
    """A whole answer."""
    value: Json = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": say.finish,
                "message": {"role": "assistant", "content": say.text, "refusal": say.refusal},
            }
        ],
    }
    if say.usage is not None:
        value["usage"] = usage(say.usage)
    return json.dumps(value)


def usage(tokens: tuple[int, int]) -> Json:
    return {
        "prompt_tokens": tokens[0],
        "completion_tokens": tokens[1],
        "total_tokens": sum(tokens),
        "completion_tokens_details": {"reasoning_tokens": tokens[1] // 2},
    }


def stream(handler: BaseHTTPRequestHandler, body: Json, say: Say) -> None:
    """An answer piece by piece, as server-sent events."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    head: Json = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}

    def send(value: Json) -> None:
        handler.wfile.write(f"data: {json.dumps(head | value)}\n\n".encode())
        handler.wfile.flush()

    def choice(delta: Json, finish: str | None = None) -> Json:
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    send(choice({"role": "assistant", "content": ""}))
    pieces = [say.text[i : i + 7] for i in range(0, len(say.text), 7)]
    for number, piece in enumerate(pieces):
        if say.drop == "middle" and number == len(pieces) // 2:
            raise _Dropped
        send(choice({"content": piece}))
    if not say.done:
        return
    send(choice({"refusal": say.refusal} if say.refusal else {}, say.finish))
    if say.usage is not None and body.get("stream_options"):
        send({"choices": [], "usage": usage(say.usage)})
    handler.wfile.write(b"data: [DONE]\n\n")
