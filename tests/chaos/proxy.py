"""A TCP proxy between the service and a server that can cut, silence or delay the connection."""

import asyncio
import contextlib
import threading
from collections.abc import Callable

_CHUNK = 65_536


class Proxy:
    """Listens on a loopback port and forwards to port `target()`, called for every connection.

    `cut`: closes all connections, also new ones; `silent`: keeps them open but forwards nothing; `delay`: seconds added to
    everything forwarded.
    """

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self.delay = 0.0
        self._open = asyncio.Event()
        self._open.set()
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._connect, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def cut(self, *, off: bool) -> None:
        self._loop.call_soon_threadsafe(self._cut, off)

    def silence(self, *, on: bool) -> None:
        self._loop.call_soon_threadsafe(self._open.clear if on else self._open.set)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._cut(off=True)
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.close()

    def _cut(self, off: bool) -> None:
        self._is_cut = off
        if off:
            for writer in self._writers:
                writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target())
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(_CHUNK):
                await asyncio.sleep(self.delay)
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
