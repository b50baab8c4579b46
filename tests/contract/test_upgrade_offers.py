"""Java's HttpClient and `curl --http2` offer HTTP/2 with every plain request; the offer is ignored (RFC 9110 §7.8)."""

import json
import socket

import pytest

from tests.service_process import ServiceProcess

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
QUERY = json.dumps({"userId": "h2c", "agentId": "a", "query": "kayak", "strategy": "SIMPLE"}).encode()
PATHS = {
    "GET": ("/live", b""),
    "HEAD": ("/live", b""),
    "OPTIONS": ("/api/v2/agents", b""),
    "POST": ("/open/v1/memory/retrieve", QUERY),
    "PUT": ("/api/v2/agents/none/policy", b"{}"),
    "PATCH": ("/api/v2/agents/none/memories/1", b"{}"),
    "DELETE": ("/api/v2/agents/none", b""),
}


def exchange(service: ServiceProcess, *pieces: bytes) -> bytes:
    """Return everything that comes back on one connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def request(method: str, *, offer: bytes = OFFER, last: bool = True) -> bytes:
    path, body = PATHS[method]
    close = b"Connection: close\r\n" if last else b""
    lines = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: fixed\r\n".encode()
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n".encode() if body else b""
    return lines + offer + close + length + b"\r\n" + body


def without_date(answer: bytes) -> bytes:
    return b"\r\n".join(line for line in answer.split(b"\r\n") if not line.lower().startswith(b"date:"))


@pytest.mark.parametrize("method", PATHS)
def test_the_answer_is_the_same_with_and_without_the_offer(service: ServiceProcess, method: str):
    plain = exchange(service, request(method, offer=b""))
    assert plain.startswith(b"HTTP/1.1 ")
    assert without_date(exchange(service, request(method))) == without_date(plain)


def test_later_requests_on_the_connection_are_answered_too(service: ServiceProcess):
    answers = exchange(service, request("POST", last=False), request("GET", last=False), request("POST"))
    assert answers.count(b"HTTP/1.1 200 OK") == 3


def test_an_offer_split_over_packets_is_read_completely(service: ServiceProcess):
    whole = request("POST")
    pieces = [whole[start : start + 7] for start in range(0, len(whole), 7)]
    assert b'"status":"empty"' in exchange(service, *pieces)


def test_a_chunked_body_survives(service: ServiceProcess):
    head, _, body = request("POST").partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    chunked = b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", b"%x" % len(body), body, b"0", b"", b""])
    assert b'"status":"empty"' in exchange(service, chunked)


def test_other_protocols_are_not_accepted(service: ServiceProcess):
    websocket = OFFER.replace(b"h2c", b"websocket")
    assert exchange(service, request("GET", offer=websocket)).startswith(b"HTTP/1.1 200 OK")
    connect = b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n"
    assert exchange(service, connect).startswith(b"HTTP/1.1 400 ")
    assert exchange(service, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").startswith(b"HTTP/1.1 400 ")
