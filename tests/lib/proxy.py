"""A way to the API server on which requests go wrong as a test wants. README.md shows how."""

import contextlib
import http.client
import http.server
import json
import re
import socket
import ssl
import subprocess
import threading
import time

from door import API_PORT, Https
from testbed import NODE

HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}


class Proxy(contextlib.AbstractContextManager):
    """Listens on NODE:6444 with a certificate of its own, and passes each request on to the API
    server. What is to go wrong is told by a pattern of requests ("PATCH .*/deployments/"), which
    must match at their begin; the newest that matches counts. `requests` has each that was
    answered: (instant of the question by time.monotonic(), "VERB path", status; 0: cut off)."""

    port = 6444

    def __init__(self, cluster, folder):
        self.cluster, self.dir = cluster, folder
        self.requests = []
        self._troubles = []  # (pattern, what, how often still)
        self._open = {}  # what is underway: the socket it is answered on, and the request
        self._lock = threading.Lock()

    # --- what goes wrong

    def answer(self, pattern, status, times=None, **headers):
        """These requests are answered so, and go no further."""
        self._add(pattern, ("answer", status, headers), times)

    def lose_answer(self, pattern, times=None):
        """They are passed on, and nobody learns what came of them."""
        self._add(pattern, ("lose",), times)

    def refuse(self, pattern, times=None):
        """They are cut off at once."""
        self._add(pattern, ("cut",), times)

    def gone(self, pattern, times=None):
        """The watch that they begin has as its first event that what it goes on from is gone."""
        self._add(pattern, ("gone",), times)

    def cut(self, pattern):
        """Ends what is underway. How many."""
        with self._lock:
            found = [it for it, request in self._open.items() if re.match(pattern, request)]
        for it in found:
            with contextlib.suppress(OSError):
                it.shutdown(socket.SHUT_RDWR)
        return len(found)

    def mend(self):
        with self._lock:
            self._troubles.clear()

    def seen(self, pattern, since=0):
        """Of `requests` those that match, since an instant."""
        return [it for it in list(self.requests) if it[0] >= since and re.match(pattern, it[1])]

    def _add(self, pattern, what, times):
        with self._lock:
            self._troubles.append([pattern, what, times])

    def _trouble(self, request):
        with self._lock:
            for it in reversed(self._troubles):
                if re.match(it[0], request) and it[2] != 0:
                    it[2] = it[2] and it[2] - 1
                    return it[1]
        return ("none",)

    # --- life

    @property
    def ca(self):
        return self.dir / "proxy.crt"

    def kubeconfig(self, text):
        """A kubeconfig, by another way."""
        config = json.loads(text)
        config["clusters"][0]["cluster"] = {"server": f"https://{NODE}:{self.port}",
                                            "certificate-authority": str(self.ca)}
        return json.dumps(config)

    def __enter__(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", self.dir / "proxy.key", "-out", self.ca, "-days", "2", "-subj",
             "/CN=proxy", "-addext", f"subjectAltName=IP:{NODE}"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, self.dir / "proxy.key")
        outer = self

        class Connection(Passing):
            proxy = outer

        class Server(http.server.ThreadingHTTPServer):
            def get_request(self):
                raw, address = self.socket.accept()
                raw.settimeout(60)
                return context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, request, address):
                pass  # it was cut

        self._server = Server((NODE, self.port), Connection, False)
        self._server.socket.close()
        self._server.socket = self.cluster.make_inside(
            lambda: socket.create_server((NODE, self.port), backlog=64))
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._thread.join()
        self.cut("")
        self._server.server_close()


class Passing(http.server.BaseHTTPRequestHandler):
    """One connection of a client, and one to the API server."""

    protocol_version = "HTTP/1.1"
    upstream = None

    def log_message(self, *args):
        pass

    def handle_any(self):
        request = f"{self.command} {self.path}"
        at, status = time.monotonic(), 0
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.proxy._lock:
            self.proxy._open[self.connection] = request
        try:
            status = self.deal_with(self.proxy._trouble(request), body)
        except (OSError, http.client.HTTPException):
            self.close_connection = True
        finally:
            with self.proxy._lock:
                del self.proxy._open[self.connection]
            self.proxy.requests.append((at, request, status))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def deal_with(self, trouble, body):
        what, *how = trouble
        if what == "answer":
            return self.answer_itself(*how)
        if what == "gone":
            return self.answer_itself(200, {}, {"type": "ERROR", "object": gone()})
        if what == "cut":
            self.close_connection = True
            return 0
        answer = self.pass_on(body)
        if what == "lose":
            answer.read()
            self.close_connection = True
            return 0
        return self.pass_back(answer)

    def answer_itself(self, status, headers, body=None):
        text = json.dumps(body or {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                                   "code": status, "message": "trouble of the test"}).encode() + b"\n"
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), str(value))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        return status

    def pass_on(self, body):
        context = ssl.create_default_context(cafile=self.proxy.cluster.dir / "certs" / "ca.crt")
        self.upstream = Https(self.proxy.cluster, API_PORT, context, NODE)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        self.upstream.request(self.command, self.path, body or None, headers)
        return self.upstream.getresponse()

    def pass_back(self, answer):
        with contextlib.closing(self.upstream):
            self.send_response(answer.status)
            for key, value in answer.getheaders():
                if key.lower() not in HOP_BY_HOP | {"content-length"}:
                    self.send_header(key, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while piece := answer.read1(65536):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        return answer.status


def gone():
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired",
            "code": 410, "message": "too old resource version"}
