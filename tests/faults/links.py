"""TCP links that can be hurt: small proxies between the services and what they depend on.

Each link listens on a port of its own and leads to the first of its targets that takes a
connection. It can be cut (what is open is closed, what is new is closed at once), made slow (every
piece waits), or made deaf: what is asked goes through, what is answered is lost, until the
connection is closed – the request was taken, and nobody was told.
"""

import asyncio
import contextlib
import threading

PIECE = 64 * 1024


class Link:
    """One proxied way. Its fields may be read by any thread; Links changes them."""

    def __init__(self, name, targets):
        self.name = name
        self.targets = targets  # a function that answers [(host, port)]
        self.port = None
        self.cut = False
        self.deaf = False
        self.delay = 0.0
        self.connections = 0  # ever made
        self.turned_away = 0
        self._writers = set()
        self._turn = 0

    async def serve(self, reader, writer):
        """Joins one connection to a target until either side is done."""
        self.connections += 1
        upstream = None if self.cut else await self._reach()
        if upstream is None:
            self.turned_away += 1
            writer.transport.abort()
            return
        up_reader, up_writer = upstream
        self._writers |= {writer, up_writer}
        try:
            await asyncio.gather(self._pump(reader, up_writer, answers=False),
                                 self._pump(up_reader, writer, answers=True))
        finally:
            for one in (writer, up_writer):
                self._writers.discard(one)
                one.transport.abort()

    async def _reach(self):
        targets = self.targets()
        # In turn: the replicas share what comes in.
        self._turn += 1
        for offset in range(len(targets)):
            host, port = targets[(self._turn + offset) % len(targets)]
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                return await asyncio.wait_for(asyncio.open_connection(host, port), 2)
        return None

    async def _pump(self, reader, writer, answers):
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if answers and self.deaf:
                    continue
                writer.write(piece)
                await writer.drain()
        # Closed on one side: the other may still have something to say.
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

    def close_all(self):
        """Closes what is open, in the middle of whatever it was."""
        for writer in list(self._writers):
            writer.transport.abort()


class Links:
    """All links, served by a thread of their own. The methods may be called from any thread."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._links = {}
        self._servers = []

    def __getitem__(self, name):
        return self._links[name]

    def open(self, name, targets):
        """Makes a link to what targets() answers, and answers the port that it listens on."""
        link = Link(name, targets)

        async def listen():
            server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
            self._servers.append(server)
            return server.sockets[0].getsockname()[1]

        link.port = self._do(listen())
        self._links[name] = link
        return link.port

    def cut(self, name):
        """Closes everything, and whatever comes, until it is mended."""
        self._change(name, cut=True)

    def deafen(self, name):
        """Loses the answers until it is mended; then what was open is closed."""
        self._change(name, deaf=True)

    def slow(self, name, delay):
        """Lets every piece wait for `delay` seconds."""
        self._change(name, delay=delay)

    def mend(self, name):
        """As it was."""
        was_deaf = self._links[name].deaf
        self._change(name, cut=False, deaf=False, delay=0.0)
        if was_deaf:
            self._do(self._call(self._links[name].close_all))

    def mend_all(self):
        for name in self._links:
            self.mend(name)

    def _change(self, name, **fields):
        link = self._links[name]

        def change():
            for field, value in fields.items():
                setattr(link, field, value)
            if link.cut:
                link.close_all()

        self._do(self._call(change))

    @staticmethod
    async def _call(work):
        work()

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def close(self):
        """Ends all links."""
        async def end():
            for server in self._servers:
                server.close()
            for link in self._links.values():
                link.close_all()
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
