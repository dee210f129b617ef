"""Calls the echo service through a proxy and prints what came, one line a call."""
import sys
import threading

import grpc

target, authority = sys.argv[1], sys.argv[2]
channel = grpc.insecure_channel(target, options=(("grpc.default_authority", authority),))
service = "/argos.Echo/"

answer, call = channel.unary_unary(service + "Say").with_call(b"hello", timeout=20)
print("say", answer.decode(), call.code().name, dict(call.trailing_metadata()).get("x-echo"))

stream = channel.unary_stream(service + "Count")(b"3", timeout=20)
print("count", b" ".join(stream).decode(), stream.code().name, dict(stream.trailing_metadata()).get("x-echo"))

talk = channel.stream_stream(service + "Talk")
# The second is sent only when the first was answered: both directions flow at one time.
heard, first = [], threading.Event()


def said():
    yield b"one"
    first.wait(20)
    yield b"two"


for message in talk(said(), timeout=20):
    heard.append(message.decode())
    first.set()
print("talk", ", ".join(heard))

large = b"x" * 1_000_000
print("large", channel.unary_unary(service + "Say")(large, timeout=20) == large)

try:
    channel.unary_unary(service + "Refuse")(b"", timeout=20)
except grpc.RpcError as error:
    print("refuse", error.code().name, error.details())
