"""A name server of the tests': real DNS messages (RFC 1035) over UDP and TCP, on loopback."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """Holds TXT records by name. `mood` is how it answers: ok, silent, refusing."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.aliases: dict[str, str] = {}
        self.mood = "ok"
        self.asked: list[tuple[str, str]] = []

    def answer(self, wire: bytes, *, transport: str) -> bytes | None:
        """Return the answer to a query; None for silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        self.asked.append((transport, name))
        if self.mood == "silent":
            return None
        response = dns.message.make_response(query)
        if self.mood == "refusing":
            response.set_rcode(dns.rcode.SERVFAIL)
            return response.to_wire()
        owner = question.name
        if name in self.aliases:
            response.answer.append(dns.rrset.from_text(owner, 60, "IN", "CNAME", self.aliases[name] + "."))
            name = self.aliases[name]
            owner = dns.name.from_text(name)
        texts = self.records.get(name)
        if texts is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif texts and question.rdtype == dns.rdatatype.TXT:
            response.answer.append(dns.rrset.from_text(owner, 60, "IN", "TXT", *(f'"{text}"' for text in texts)))
        whole = response.to_wire()
        if transport == "udp" and len(whole) > 512:
            response.answer = []
            response.flags |= dns.flags.TC  # come again by TCP
            return response.to_wire()
        return whole


@contextmanager
def running() -> Iterator[tuple[NameServer, str]]:
    """Run a name server; gives it and its address:port."""
    server = NameServer()

    class Datagrams(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, socket = self.request
            answer = server.answer(wire, transport="udp")
            if answer is not None:
                socket.sendto(answer, self.client_address)

    class Streams(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", self.rfile.read(2))
            answer = server.answer(self.rfile.read(length), transport="tcp")
            if answer is not None:
                self.wfile.write(struct.pack("!H", len(answer)) + answer)

    with _TcpServer(("127.0.0.1", 0), Streams) as tcp:
        port = tcp.server_address[1]  # TCP's first: those are short of free ones, while many connections end
        with socketserver.ThreadingUDPServer(("127.0.0.1", port), Datagrams) as udp:
            threads = [threading.Thread(target=each.serve_forever, args=(0.05,), daemon=True) for each in (udp, tcp)]
            for thread in threads:
                thread.start()
            yield server, f"127.0.0.1:{port}"
            for each in (udp, tcp):
                each.shutdown()
            for thread in threads:
                thread.join()


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads: Any = True
