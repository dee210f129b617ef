"""Sends HTTP/2 requests no well-behaved client sends, each on a connection of its own, and prints what became of each:
the status, `reset` or `closed`."""
import socket
import sys

import h2.config
import h2.connection
import h2.events
import h2.exceptions

host, port = sys.argv[1].rsplit(":", 1)
authority = sys.argv[2]


def head(path="/", method="GET", **more):
    fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", authority)]
    return fields + [(name.replace("_", "-"), value) for name, value in more.items()]


def without(name):
    return [field for field in head() if field[0] != name]


attacks = [
    ("an honest one", head(), b""),
    ("an honest body", head(method="POST", content_length="2"), b"hi"),
    ("a transfer coding", head(method="POST", transfer_encoding="chunked"), b"0\r\n\r\n"),
    ("a connection header", head(connection="keep-alive"), b""),
    ("an upgrade", head(upgrade="websocket"), b""),
    ("a coding it accepts", head(te="gzip"), b""),
    ("a name in capitals", head() + [("X-Upper", "1")], b""),
    ("a name with a line end", head() + [("x\r\ny", "1")], b""),
    ("a name with a colon", head() + [("x: y", "1")], b""),
    ("a value with a line end", head(x="1\r\ntransfer-encoding: chunked"), b""),
    ("a value with NUL", head(x="1\0"), b""),
    ("a path without root", head(path="admin"), b""),
    ("a path with a space", head(path="/ HTTP/1.1"), b""),
    ("a path with a line end", head(path="/\r\nx: y"), b""),
    ("an empty path", head(path=""), b""),
    ("a path above the root", head(path="/../x"), b""),
    ("a method with a space", head(method="GET /x"), b""),
    ("no authority", without(":authority"), b""),
    ("another host beside", head(host="other.test"), b""),
    ("no method", without(":method"), b""),
    ("two paths", head() + [(":path", "/admin")], b""),
    ("a pseudo header at the end", without(":authority") + [("x", "1"), (":authority", authority)], b""),
    ("an unknown pseudo header", [(":admin", "1")] + head(), b""),
    ("less than its length", head(method="POST", content_length="5"), b"hi"),
    ("more than its length", head(method="POST", content_length="1"), b"hi"),
    ("a list of lengths", head(method="POST", content_length="2, 2"), b"hi"),
    ("a length with a sign", head(method="POST", content_length="+2"), b"hi"),
    ("two lengths", head(method="POST", content_length="2") + [("content-length", "3")], b"hi"),
]


def attempt(fields, body):
    tcp = socket.create_connection((host, int(port)), timeout=20)
    config = h2.config.H2Configuration(
        client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding="utf-8")
    session = h2.connection.H2Connection(config)
    # The library would refuse to say another length than it sends.
    session.initiate_connection()
    session.send_headers(1, fields, end_stream=not body)
    if body:
        session.send_data(1, body, end_stream=True)
    try:
        tcp.sendall(session.data_to_send())
        while True:
            data = tcp.recv(65_535)
            if not data:
                return "closed"
            for event in session.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    return dict(event.headers)[":status"]
                if isinstance(event, h2.events.StreamReset):
                    return "reset"
                if isinstance(event, h2.events.ConnectionTerminated):
                    return "closed"
            tcp.sendall(session.data_to_send())
    except (OSError, h2.exceptions.ProtocolError):
        return "closed"
    finally:
        tcp.close()


for what, fields, body in attacks:
    print(attempt(fields, body), what)
