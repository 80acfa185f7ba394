"""A server on loopback that speaks the OpenAI protocol; the model's name chooses how it behaves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GROUNDED = "An HNSW index is a multi-layer graph of vectors. [1] It keeps the upper layers sparse. [1]"
REPLIES = {
    "good": GROUNDED,
    "inventive": "An HNSW index is a multi-layer graph of vectors. [1] It was invented by Napoleon in 1804 to win battles. [1] See also [9].",
    "uncited": "An HNSW index is a graph.",
    "refusing": "NOT IN THE NOTES",
    "hostile": "An HNSW index is a multi-layer graph of vectors. [1] ![x](http://evil.test/leak.png) <script>alert(1)</script> [click](http://evil.test/)",
    "rewriter": "How does HNSW differ from IVF?",
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requests: list[dict] = []

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._json(200, {"object": "list", "data": [{"id": "good", "object": "model", "created": 0, "owned_by": "t"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Handler.requests.append({"body": body, "key": self.headers.get("Authorization", "")})
        model = body["model"]
        errors = {"unauthorized": 401, "limited": 429, "failing": 500, "unknown": 404}
        if model in errors:
            self._json(errors[model], {"error": {"message": f"{model} secret-detail", "type": "x", "code": None}})
        elif model == "silent":
            time.sleep(5)
        elif model == "malformed":
            self._raw(b"this is not json at all", "application/json")
        else:
            self._stream(model)

    def _stream(self, model: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        text = "" if model == "empty" else REPLIES.get(model, GROUNDED)
        try:
            for index, word in enumerate(text.split(" ")):
                if model == "cut" and index == 4:
                    self.connection.close()
                    return
                if model == "garbled" and index == 3:
                    self.wfile.write(b"data: {not json}\n\n")
                if model == "slow":
                    time.sleep(0.4)
                self._event({"delta": {"content": word + " "}, "index": 0, "finish_reason": None}, model)
            if model != "unfinished":
                self._event({"delta": {}, "index": 0, "finish_reason": "length" if model == "truncated" else "stop"}, model)
                self.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.close_connection = True

    def _event(self, choice: dict, model: str) -> None:
        event = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": model, "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def _json(self, status: int, data: dict) -> None:
        self._raw(json.dumps(data).encode(), "application/json", status)

    def _raw(self, data: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serve() -> Iterator[str]:
    """Run the server; yields its base URL."""
    Handler.requests.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
