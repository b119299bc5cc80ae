"""Asks trtllm-serve's gRPC how it is. Its HealthCheck always answers the call, and says "OK" or what is wrong in a string (field 1)."""

import sys

import grpc

with grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}") as channel:
    answer = channel.unary_unary("/trtllm.TrtllmService/HealthCheck")(b"", timeout=3)
# The message {status: "OK"}: tag 0x0a, length 2.
sys.exit(0 if answer == b"\n\x02OK" else f"not well: {answer!r}")
