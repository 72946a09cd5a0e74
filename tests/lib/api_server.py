"""An API server that does as it is told."""

import http.server
import json
import ssl
import threading
import time
import urllib.parse


class ApiServer(http.server.ThreadingHTTPServer):
    """Answers each call with the next act, and remembers the calls. An act is (status, headers,
    body): a list of events for a watch, of which None holds the connection open to the end."""

    daemon_threads = True

    def __init__(self, certificate, key, acts):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.acts, self.calls, self.over = list(acts), [], threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def act(self, _call):
        """What a call is answered with."""
        return self.acts.pop(0)

    def write_kubeconfig(self, path, ca, user=None):
        path.write_text(json.dumps({
            "clusters": [{"name": "c", "cluster": {
                "server": f"https://127.0.0.1:{self.server_port}/behind/a/proxy",
                "certificate-authority": str(ca.cert)}}],
            "users": [{"name": "u", "user": user or {"token": "s3cret"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x"}))

    def end(self):
        self.over.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """A door that goes away breaks its connections."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.calls.append({"at": time.monotonic(), "method": self.command, "path": url.path,
                                  "headers": self.headers, "sent": sent,
                                  "connection": self.connection,
                                  **dict(urllib.parse.parse_qsl(url.query))})
        status, headers, body = self.server.act(self.server.calls[-1])
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if isinstance(body, list):
            self.watch(body)
            return
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def watch(self, events):
        self.send_header("Connection", "close")
        self.end_headers()
        for one in events:
            if one is None:
                self.server.over.wait()
            else:
                self.wfile.write(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n")
