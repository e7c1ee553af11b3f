"""What strangers do to a node: connections that say nothing, that say too much, too slowly, or
nonsense. Run as a process of its own, told by lines on its standard input, each answered by a line
of JSON:

    net_load.py HOST PORT FOLDER     FOLDER is for the certificates it makes
    idle COUNT SHAKEN                so many connections that say nothing; SHAKEN of them after a
                                     handshake
    busy COUNT                       clients that ask again and again, and anew when thrown out
    slow COUNT                       one byte of a request each second
    broken COUNT                     noise, and requests that are too large, too long or none; anew
                                     as soon as they are thrown out
    storm RATE                       so many connections a second that say nothing
    identity                         makes the first certificate, FOLDER/0.pem and 0.key
    look                             what has happened so far
"""

import asyncio
import collections
import json
import os
import pathlib
import random
import resource
import ssl
import subprocess
import sys

PER_IDENTITY = 30  # a node allows 32 connections of one peer
AGAIN_S = 1.0  # after being thrown out
SLOW_S = 1.0
LIMIT_S = 30
FILES = 20_000
AT_ONCE = 64  # that connect: a node breaks off the oldest of more
REQUEST = b"GET /v1/status HTTP/1.1\r\nHost: node\r\n\r\n"
BROKEN = (  # after a handshake
    b"\0" * 4096,
    b"GET /v1/status HTTP/9.9\r\n\r\n",
    b"GET /v1/status HTTP/1.1\r\nHost: node\r\nx: " + b"y" * 40_000 + b"\r\n\r\n",
    b"PUT /v1/" + b"0" * 32 + b"/segments/" + b"0" * 64
    + b" HTTP/1.1\r\nHost: node\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /v1/repositories/" + b"0" * 32
    + b"/join HTTP/1.1\r\nHost: node\r\nContent-Length: 10\r\nContent-Length: 11\r\n\r\n1234567890",
    b"GET /v1/status HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"ffffffffffffffff\r\n",
)
RAW = (  # instead of one
    b"\x16\x03\x01\xff\xff" + b"\0" * 3000,  # a TLS record longer than any
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x00\x05\x01\x00\xff\xff\xff",  # a hello that says to be 16 MiB long
)


class Load:
    def __init__(self, host, port, folder):
        self.address = (host, port)
        self.folder = pathlib.Path(folder)
        self.contexts = []
        self.used = 0
        self.counts = collections.Counter()
        self.gate = asyncio.Semaphore(AT_ONCE)
        self.tasks = []
        self.open = []

    def identity(self):
        """A TLS context; a new peer for each few connections."""
        number = self.used // PER_IDENTITY
        self.used += 1
        while len(self.contexts) <= number:
            self.contexts.append(self.make_identity(len(self.contexts)))
        return self.contexts[number]

    def make_identity(self, number):
        key, certificate = self.folder / f"{number}.key", self.folder / f"{number}.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ML-DSA-65", "-noenc", "-days", "30",
             "-subj", "/CN=stranger", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # a stranger does not care who the node is
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(certificate, key)
        return context

    async def connect(self, context):
        async with self.gate:
            made = await asyncio.wait_for(
                asyncio.open_connection(*self.address, ssl=context), LIMIT_S)
        self.counts["handshakes" if context else "connections"] += 1
        return made

    async def forever(self, what, context, act):
        """Acts on a connection until the node ends it; then on another."""
        while True:
            try:
                reader, writer = await self.connect(context)
                try:
                    await act(reader, writer)
                finally:
                    writer.transport.abort()
            except (OSError, ssl.SSLError, TimeoutError, EOFError):
                pass
            self.counts[what + "_thrown_out"] += 1
            await asyncio.sleep(AGAIN_S)

    def start(self, what, count, act, shaken=True):
        """None of them before all have their identities, which are made in between."""
        contexts = [self.identity() if shaken else None for _ in range(count)]
        self.tasks += [asyncio.create_task(self.forever(what, one, act)) for one in contexts]

    async def idle(self, count, shaken):
        async def one(context):
            try:
                self.open.append(await self.connect(context))
            except (OSError, ssl.SSLError, TimeoutError, EOFError):
                self.counts["idle_refused"] += 1

        contexts = [self.identity() for _ in range(shaken)] + [None] * (count - shaken)
        random.Random(4).shuffle(contexts)
        await asyncio.gather(*map(one, contexts))

    async def storm(self, rate):
        """One that is displaced is left; the next are on their way."""
        recent = collections.deque(maxlen=4 * rate)
        while True:
            began = asyncio.get_running_loop().time()
            for made in await asyncio.gather(
                    *(asyncio.open_connection(*self.address) for _ in range(rate // 10)),
                    return_exceptions=True):
                if isinstance(made, tuple):
                    if len(recent) == recent.maxlen:
                        recent[0][1].transport.abort()
                    recent.append(made)
                    self.counts["storm_connections"] += 1
            took = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(0, 0.1 - took))

    async def ask(self, reader, writer):
        while True:
            writer.write(REQUEST)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LIMIT_S)
            size = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                        if line.startswith(b"content-length:"))
            await reader.readexactly(size)
            self.counts["status_" + head.split()[1].decode()] += 1

    async def drip(self, reader, writer):
        for byte in REQUEST[:-1]:  # its end never comes
            writer.write(bytes([byte]))
            await writer.drain()
            self.counts["slow_bytes"] += 1
            if reader.at_eof():
                return
            await asyncio.sleep(SLOW_S)
        await reader.read()

    async def babble(self, reader, writer):
        shaken = writer.get_extra_info("ssl_object") is not None
        writer.write(random.choice(BROKEN if shaken else RAW) + os.urandom(500))
        await writer.drain()
        self.counts["broken_sent"] += 1
        while await asyncio.wait_for(reader.read(65536), LIMIT_S):
            pass

    async def obey(self, words):
        count = int(words[1]) if len(words) > 1 else 0
        if words[0] == "idle":
            await self.idle(count, int(words[2]))
        elif words[0] == "busy":
            self.start("busy", count, self.ask)
        elif words[0] == "slow":
            self.start("slow", count, self.drip)
        elif words[0] == "broken":
            self.start("broken", count // 2, self.babble)
            self.start("broken", count - count // 2, self.babble, shaken=False)
        elif words[0] == "storm":
            self.tasks.append(asyncio.create_task(self.storm(count)))
        elif words[0] == "identity":
            self.identity()
        await asyncio.sleep(0)
        still = sum(not reader.at_eof() and not writer.is_closing() for reader, writer in self.open)
        return {**self.counts, "idle_open": still}


async def main(host, port, folder):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    load = Load(host, int(port), folder)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        print(json.dumps(await load.obey(line.decode().split())), flush=True)
    os._exit(0)  # whoever told it is done, and connections are not to be said goodbye to


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
