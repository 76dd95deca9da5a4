"""A grpcio server that answers what it got: the yardstick for figures made of calls. Prints its port."""

from concurrent.futures import ThreadPoolExecutor

import grpc


def _echo(request: bytes, context: grpc.ServicerContext) -> bytes:
    del context
    return request


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(4))
    echo = grpc.unary_unary_rpc_method_handler(_echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("echo.Echo", {"echo": echo}),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
