"""Echoes WebSocket messages and gRPC messages; bytes of gRPC pass as they are, so no interface file is needed."""
import asyncio
import sys
from concurrent import futures

import grpc
from websockets.asyncio.server import serve

ws_port, grpc_port = int(sys.argv[1]), int(sys.argv[2])


def say(request, context):
    context.set_trailing_metadata((("x-echo", str(len(request))),))
    return request


def count(request, context):
    for n in range(int(request)):
        yield str(n).encode()
    context.set_trailing_metadata((("x-echo", "counted"),))


def talk(requests, context):
    for request in requests:
        yield b"you said " + request


def refuse(request, context):
    context.abort(grpc.StatusCode.PERMISSION_DENIED, "not for you")


rpc = grpc.method_handlers_generic_handler("argos.Echo", {
    "Say": grpc.unary_unary_rpc_method_handler(say),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Talk": grpc.stream_stream_rpc_method_handler(talk),
    "Refuse": grpc.unary_unary_rpc_method_handler(refuse),
})
server = grpc.server(futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers((rpc,))
if server.add_insecure_port(f"127.0.0.1:{grpc_port}") != grpc_port:
    sys.exit("the port is taken")
server.start()


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main():
    async with serve(echo, "127.0.0.1", ws_port, subprotocols=["chat"]):
        await asyncio.Event().wait()


asyncio.run(main())
