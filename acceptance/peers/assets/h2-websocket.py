"""Opens a WebSocket over HTTP/2 (RFC 8441) and has a text echoed; prints the answer's status and the text."""
import os
import socket
import struct
import sys

import h2.config
import h2.connection
import h2.events
import h2.settings

host, port = sys.argv[1].rsplit(":", 1)
authority, path, text = sys.argv[2], sys.argv[3], sys.argv[4].encode()
tcp = socket.create_connection((host, int(port)), timeout=20)
h2c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, validate_outbound_headers=False))
h2c.initiate_connection()
tcp.sendall(h2c.data_to_send())


def events():
    data = tcp.recv(65_535)
    if not data:
        sys.exit("the connection ended")
    found = h2c.receive_data(data)
    tcp.sendall(h2c.data_to_send())
    return found


while not h2c.remote_settings.enable_connect_protocol:
    events()
stream = h2c.get_next_available_stream_id()
h2c.send_headers(stream, [
    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path), (":authority", authority),
    ("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat"), ("origin", "http://" + authority),
])
tcp.sendall(h2c.data_to_send())


def frame(opcode, payload):
    key = os.urandom(4)
    masked = bytes(b ^ key[n % 4] for n, b in enumerate(payload))
    length = struct.pack("!B", 0x80 | len(payload)) if len(payload) < 126 else struct.pack("!BH", 0x80 | 126, len(payload))
    return struct.pack("!B", 0x80 | opcode) + length + key + masked


received = b""
while True:
    for event in events():
        if isinstance(event, h2.events.ResponseReceived):
            headers = {name.decode() if isinstance(name, bytes) else name: value.decode() if isinstance(value, bytes) else value for name, value in event.headers}
            print("status", headers[":status"], headers.get("sec-websocket-protocol", "-"), flush=True)
            if headers[":status"] != "200":
                sys.exit(0)
            h2c.send_data(stream, frame(1, text))
            tcp.sendall(h2c.data_to_send())
        elif isinstance(event, h2.events.DataReceived):
            received += event.data
            h2c.acknowledge_received_data(event.flow_controlled_length, stream)
        elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
            sys.exit("the stream ended: " + repr(event))
    if len(received) >= 2 and len(received) >= 2 + (received[1] & 0x7F):
        print("echo", received[2:2 + (received[1] & 0x7F)].decode())
        break
