"""Takes records from any thread and delivers them in order, in batches, from a thread of its own."""

import atexit
import os
import random
import sys
import threading
import time
import uuid
import weakref
from collections import deque
from datetime import datetime, timezone

from .delivery import Delivery, NotNow, Refused, TooLarge, make_opener
from .encoding import encode_record, text
from .levels import Levels, LevelWatch
from .spool import SenderFolder, abandoned, line_of

BATCH_LINES = 500
BATCH_BYTES = 1_000_000
# Between two numbers there is room for the halves of a batch that was refused as too large.
NUMBER_STEP = 1024
MAX_PAUSE_SECONDS = 30.0
LOOK_SECONDS = 30.0
# What is said on stderr again only after this time.
REPEAT_SECONDS = 60.0


class _Batch:
    """``lines`` is None while they are on disk alone; a file on disk may lack the last lines."""

    __slots__ = ("number", "room", "lines", "count", "size", "has_file", "is_on_disk", "descriptor", "folder")

    def __init__(self, number, room, folder):
        self.number = number
        # Numbers from its own on that no other batch has.
        self.room = room
        self.lines = []
        self.count = 0
        self.size = 0
        self.has_file = False
        self.is_on_disk = folder is not None
        self.descriptor = None
        self.folder = folder


class Shipper:
    """Sends records to ``url``; without it, to ``TIMELAPSER_LOGS_URL``, by the key ``TIMELAPSER_LOGS_API_KEY``.

    ``source``: the source of records that name none. ``spool``: a folder in which lines wait until they are delivered,
    also through the end of the process; processes may share one. ``max_waiting_bytes``: what may wait in memory
    (32 MB); ``max_spool_bytes``: what may wait in the folder, of this process and of ended ones whose lines it took over
    (256 MB). Beyond them the oldest batch is dropped and a line says how many lines that were. ``follow_levels``: obey the levels that are set on the server.
    ``context``: an ``ssl.SSLContext``.

    Raises ValueError for an address, a key or a number that cannot be used.
    """

    def __init__(
        self,
        url=None,
        api_key=None,
        source="python",
        spool=None,
        max_waiting_bytes=32_000_000,
        max_spool_bytes=256_000_000,
        flush_seconds=1.0,
        timeout=10.0,
        follow_levels=True,
        context=None,
    ):
        url = (url or os.environ.get("TIMELAPSER_LOGS_URL", "")).rstrip("/")
        # Keys are often read from files, which end in a line feed.
        api_key = (api_key or os.environ.get("TIMELAPSER_LOGS_API_KEY", "")).strip()
        if not url.lower().startswith(("http://", "https://")):
            raise ValueError('"%s" is no address of a server; use one like http://localhost:4700' % url)
        if not (api_key.isascii() and "".join(api_key.split()) == api_key):
            raise ValueError("api_key has a space or a letter that no key has")
        for name, number in (
            ("max_waiting_bytes", max_waiting_bytes),
            ("max_spool_bytes", max_spool_bytes),
            ("flush_seconds", flush_seconds),
            ("timeout", timeout),
        ):
            if not isinstance(number, (int, float)) or not 0 < number < float("inf"):
                raise ValueError("%s is %r; it has to be a number above 0" % (name, number))
        self._url = url
        self._api_key = api_key
        self._opener = make_opener(context)
        self._delivery = Delivery(url, api_key, timeout, self._opener)
        self._source = source
        self._spool_directory = None if spool is None else os.path.abspath(os.fspath(spool))
        self._max_waiting = max_waiting_bytes
        self._max_spool = max_spool_bytes
        self._flush_seconds = flush_seconds
        self._follow_levels = follow_levels
        self.delivered = 0
        self.rejected = 0
        self.dropped = 0
        self._begin()
        _shippers.add(self)
        atexit.register(self.close)
        multiprocessing = sys.modules.get("multiprocessing")
        if multiprocessing is not None and multiprocessing.parent_process() is not None:
            # Its processes end without atexit.
            sys.modules["multiprocessing.util"].Finalize(None, self.close, exitpriority=0)

    def _begin(self):
        """Everything that belongs to one process; a forked one begins anew."""
        self._changed = threading.Condition()
        self._incoming = deque()
        self._is_taking = False
        self._sealed = deque()
        self._under_way = None
        self._foreign = deque()
        self._foreign_folders = {}
        self._last_look = 0.0
        self._number = 0
        self._unreported = 0
        self._is_hurried = False
        self._closes_at = None
        self._is_closed = False
        self._told = {}
        self._folder = None
        self._sender = str(uuid.uuid4())
        if self._spool_directory is not None:
            try:
                self._folder = SenderFolder.create(self._spool_directory, self._delivery.endpoint)
                self._sender = self._folder.sender
            except OSError as error:
                self._tell("%s cannot be used as a spool, lines wait in memory: %s" % (self._spool_directory, error))
        self._open = self._next_batch()
        self.levels = Levels(self._send_own)
        self._watch = LevelWatch(self._url, self._api_key, self._opener, self.levels) if self._follow_levels else None
        self._thread = threading.Thread(target=self._run, name="timelapser-logs", daemon=True)
        self._thread.start()

    # Taking records

    def admits(self, level, source=None, logger_name=None, camera_id=None):
        """Whether the levels in force let such a line through; a line that passes is counted, so ask once."""
        return self.levels.passes(level, text(source or self._source), logger_name, camera_id)

    def is_enabled(self, level, source=None, logger_name=None, camera_id=None):
        """Whether such a line would be sent, for what is costly to put together; counts nothing."""
        return self.levels.is_enabled(level, text(source or self._source), logger_name, camera_id)

    def send(self, record):
        """Takes one record, a dict of the fields of ``POST /api/logs``. Never raises, never waits for the network."""
        try:
            record = dict(record)
            record.setdefault("source", self._source)
            self._add(encode_record(record))
        except Exception as error:
            self.dropped += 1
            self._tell("a record was not taken: %r" % error)

    def _send_own(self, record):
        self._add(encode_record(record))

    def _add(self, line):
        self._incoming.append(line)
        with self._changed:
            # A signal handler or a finalizer may log in the middle of this: the call that it interrupted takes its line.
            while self._incoming and not self._is_taking:
                self._is_taking = True
                try:
                    while self._incoming:
                        self._take(self._incoming.popleft())
                finally:
                    self._is_taking = False

    def _take(self, line):
        if self._is_closed:
            self.dropped += 1
            self._tell("lines that came after close() were dropped")
            return
        batch = self._open
        batch.lines.append(line)
        batch.count += 1
        batch.size += len(line)
        if batch.is_on_disk:
            self._write(batch, line)
        if batch.count >= BATCH_LINES or batch.size >= BATCH_BYTES:
            self._seal()
        elif batch.count == 1:
            self._changed.notify_all()

    def _write(self, batch, line):
        try:
            if batch.descriptor is None:
                batch.descriptor = self._open_file(batch)
                batch.has_file = True
            written = line_of(line)
            if os.write(batch.descriptor, written) < len(written):
                raise OSError("the disk took a part of a line")
        except OSError as error:
            # The lines before stay on disk: after a kill they are sent without the rest.
            self._tell("the spool takes no lines, they wait in memory: %s" % error)
            self._close_file(batch)
            batch.is_on_disk = False

    def _open_file(self, batch):
        try:
            return batch.folder.open_batch(batch.number, batch.room)
        except FileNotFoundError:
            # Somebody deleted the folder, and with it the sender's earlier batches.
            batch.folder.forget()
            batch.folder = self._folder = SenderFolder.create(self._spool_directory, self._delivery.endpoint)
            self._sender = batch.folder.sender
            return batch.folder.open_batch(batch.number, batch.room)

    def _seal(self):
        """Completes the open batch. The lock is held."""
        batch, self._open = self._open, self._next_batch()
        self._close_file(batch)
        self._sealed.append(batch)
        self._make_room()
        self._changed.notify_all()

    def _next_batch(self):
        self._number += NUMBER_STEP
        return _Batch(self._number, NUMBER_STEP, self._folder)

    @staticmethod
    def _close_file(batch):
        if batch.descriptor is not None:
            os.close(batch.descriptor)
            batch.descriptor = None

    def _make_room(self):
        """Keeps to the bounds. The lock is held."""
        # Lines that are on disk leave memory, the latest first: the oldest are sent next.
        in_memory = sum(batch.size for batch in self._sealed if batch.lines is not None)
        for batch in reversed(self._sealed):
            if in_memory <= self._max_waiting:
                break
            if batch.is_on_disk and batch.lines is not None and batch is not self._under_way:
                batch.lines = None
                in_memory -= batch.size
        on_disk = sum(batch.size for batch in [*self._foreign, *self._sealed] if batch.has_file)
        while in_memory > self._max_waiting or on_disk > self._max_spool:
            waiting = [*self._foreign, *self._sealed] if on_disk > self._max_spool else self._sealed
            batch = next((one for one in waiting if one is not self._under_way), None)
            if batch is None:
                break
            if batch.lines is not None:
                in_memory -= batch.size
            if batch.has_file:
                on_disk -= batch.size
            count = batch.count or self._count_file(batch)
            self.dropped += count
            self._unreported += count
            self._leave(batch)

    @staticmethod
    def _count_file(batch):
        try:
            return len(batch.folder.read_batch(batch.number, batch.room)[0])
        except OSError:
            return 0

    def _leave(self, batch):
        """Takes a batch out of those that wait, with its file. The lock is held."""
        self._remove_file(batch)
        for waiting in (self._sealed, self._foreign):
            if batch in waiting:
                waiting.remove(batch)
        folder = batch.folder
        if folder is None or self._foreign_folders.get(folder.sender) is not folder:
            return
        if not any(one.folder is folder for one in self._foreign):
            del self._foreign_folders[folder.sender]
            folder.close()

    @staticmethod
    def _remove_file(batch):
        if batch.has_file:
            try:
                batch.folder.remove_batch(batch.number, batch.room)
            except OSError:
                pass

    # The ends

    def flush(self, timeout=10.0):
        """Waits until everything sent so far was delivered; False when that took longer than ``timeout`` seconds."""
        with self._changed:
            if self._is_closed:
                return not self._sealed
            if self._open.count:
                self._seal()
            self._is_hurried = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._sealed and not self._open.count, timeout)

    def close(self, timeout=10.0):
        """Delivers what waits, for at most ``timeout`` seconds. What is in the spool then is sent by the next process."""
        atexit.unregister(self.close)
        if self._is_closed:
            return
        self.levels.tell_held_back()
        if self._watch is not None:
            self._watch.close()
        with self._changed:
            self._closes_at = time.monotonic() + timeout
        self.flush(timeout)
        with self._changed:
            self._is_closed = True
            if self._open.count:
                self._seal()
            self._changed.notify_all()
        self._thread.join(1.0)
        waiting = list(self._sealed)
        on_disk = sum(batch.count for batch in waiting if batch.is_on_disk)
        lost = sum(batch.count for batch in waiting) - on_disk
        if on_disk:
            self._tell("%d lines wait in %s for the next start" % (on_disk, self._spool_directory))
        if lost:
            self.dropped += lost
            self._tell("%d lines were not delivered" % lost)
        for folder in [self._folder, *self._foreign_folders.values()]:
            if folder is not None:
                folder.close()

    def _after_fork(self):
        """In the child of a fork: the parent goes on with its lines, this process has its own sender and thread."""
        for folder in [self._folder, *self._foreign_folders.values()]:
            if folder is not None:
                folder.forget()
        self._close_file(self._open)
        if self._is_closed:
            # Another thread of the parent may have held the lock.
            self._changed, self._is_taking = threading.Condition(), False
            return
        self.delivered = self.rejected = self.dropped = 0
        self._begin()
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            # Its processes end without atexit.
            util.register_after_fork(self, lambda shipper: util.Finalize(shipper, shipper.close, exitpriority=0))

    # The thread

    def _run(self):
        while True:
            try:
                self._look()
                batch = self._wait_for_batch()
                if batch is not None:
                    self._deliver(batch)
                elif self._is_closed:
                    return
            except Exception as error:  # Nothing may end this thread.
                self._tell("delivery failed: %r" % error)
                with self._changed:
                    self._changed.wait(1.0)

    def _wait_for_batch(self):
        """The next batch; None when the shipper is closed, or it is time to look at the spool."""
        with self._changed:
            while not (self._sealed or self._foreign or self._is_closed):
                if self._open.count:
                    # The first line of a batch waits a moment for others.
                    if not self._changed.wait_for(lambda: self._sealed or self._is_closed, self._flush_seconds):
                        self._seal()
                elif not self._changed.wait(LOOK_SECONDS):
                    return None
            if self._is_closed and (not self._sealed or time.monotonic() >= self._closes_at):
                return None
            self._under_way = self._sealed[0] if self._sealed else self._foreign[0]
            return self._under_way

    def _look(self):
        """Takes over what processes left that have ended."""
        now = time.monotonic()
        if self._folder is None or (self._last_look and now - self._last_look < LOOK_SECONDS):
            return
        self._last_look = now
        own = {self._sender, *self._foreign_folders}
        for folder in abandoned(self._spool_directory, self._delivery.endpoint, own):
            found = folder.batches()
            if not found:
                folder.close()
                continue
            with self._changed:
                self._foreign_folders[folder.sender] = folder
                for number, room, size in found:
                    batch = _Batch(number, room, folder)
                    batch.lines, batch.size, batch.has_file = None, size, True
                    self._foreign.append(batch)
                self._make_room()

    def _deliver(self, batch):
        lines, broken = self._lines_of(batch)
        if broken:
            self.dropped += broken
            self._tell("%d lines in %s are damaged" % (broken, self._spool_directory))
        pause = 0.5
        while lines:
            try:
                accepted, rejected, reason = self._delivery.post(lines, self._sender_of(batch), batch.number)
                self.delivered += accepted
                if rejected:
                    self.rejected += rejected
                    self._tell("%d lines were rejected, the first because: %s" % (rejected, reason))
                break
            except TooLarge as error:
                if len(lines) > 1 and self._halve(batch, lines):
                    return
                self._refuse(lines, error)
                break
            except Refused as error:
                self._refuse(lines, error)
                break
            except NotNow as error:
                self._tell(str(error))
                # Processes that were refused together do not come back together.
                if self._must_end_waiting(max(pause, error.seconds * (1 + random.random() / 4))):
                    return
                pause = min(pause * 2, MAX_PAUSE_SECONDS)
        self._finish(batch)

    def _sender_of(self, batch):
        return self._sender if batch.folder is None else batch.folder.sender

    def _lines_of(self, batch):
        if batch.lines is not None:
            return batch.lines, 0
        try:
            return batch.folder.read_batch(batch.number, batch.room)
        except OSError as error:
            self._tell("a batch of the spool cannot be read: %s" % error)
            return [], batch.count

    def _refuse(self, lines, error):
        self.rejected += len(lines)
        self._tell("%d lines were refused: %s" % (len(lines), error))

    def _must_end_waiting(self, seconds):
        """Waits before the next attempt; True when there is to be none."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self._is_closed:
                if self._is_hurried:
                    # Somebody waits for the lines: the next attempt comes within a second.
                    self._is_hurried = False
                    until = min(until, time.monotonic() + 1.0)
                rest = until - time.monotonic()
                if self._closes_at is not None:
                    rest = min(rest, 0.5)
                if rest <= 0 or (not self._changed.wait(rest) and self._closes_at is not None):
                    return self._is_closed
            return True

    def _halve(self, batch, lines):
        """Puts two halves in the place of a batch; False when its number leaves no room for them."""
        room = batch.room // 2
        if room == 0:
            return False
        middle = len(lines) // 2
        second = _Batch(batch.number + room, room, batch.folder)
        second.lines, second.count = lines[middle:], len(lines) - middle
        second.size = sum(map(len, second.lines))
        second.is_on_disk = batch.is_on_disk
        if batch.has_file:
            try:
                # As long as the whole is there it counts, and not its halves: after a kill it is halved again.
                batch.folder.write_batch(second.number, room, second.lines)
                batch.folder.write_batch(batch.number, room, lines[:middle])
                second.has_file = True
            except OSError as error:
                self._tell("the spool takes no halves of a batch, they wait in memory: %s" % error)
                for number in (second.number, batch.number):
                    batch.folder.remove_batch(number, room)
                batch.is_on_disk = second.is_on_disk = False
            self._remove_file(batch)
            batch.has_file = second.has_file
        with self._changed:
            batch.lines, batch.count, batch.room = lines[:middle], middle, room
            batch.size = sum(map(len, batch.lines))
            (self._sealed if batch in self._sealed else self._foreign).insert(1, second)
        return True

    def _finish(self, batch):
        with self._changed:
            self._under_way = None
            self._leave(batch)
            if not self._sealed and not self._open.count:
                self._is_hurried = False
            self._changed.notify_all()
            count, self._unreported = self._unreported, 0
        if count:
            self._send_own(_dropped_record(count))

    def _tell(self, sentence):
        """Says it on stderr, the same once a minute; a log line about it would be one of those that wait."""
        try:
            now = time.monotonic()
            kind = sentence.lstrip("0123456789")
            if now - self._told.get(kind, -REPEAT_SECONDS) < REPEAT_SECONDS:
                return
            if len(self._told) > 100:
                self._told.clear()
            self._told[kind] = now
            print("timelapser-logs: " + sentence, file=sys.stderr)
        except Exception:
            pass


def _dropped_record(count):
    return {
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "level": "WARNING",
        "message": "%s dropped: too many waited" % ("1 line was" if count == 1 else "{:,} lines were".format(count)),
        "source": "system",
        "logger_name": "timelapser.logger",
        "extra_data": {"dropped": count},
    }


_shippers = weakref.WeakSet()


def _after_fork():
    for shipper in list(_shippers):
        shipper._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
