"""Sends the logs of a Python program to Timelapser Logs. Standard library only; Python 3.8 or newer.

With loguru:

    from loguru import logger
    from loguru_sink import Shipper, loguru_sink

    shipper = Shipper("http://127.0.0.1:4700", api_key="tl_...", source="worker")
    logger.add(loguru_sink(shipper), level="DEBUG")
    logger.bind(camera_id=3).info("captured")

With logging:

    logging.getLogger().addHandler(ShippingHandler(shipper))
    logging.getLogger("capture").warning("slow", extra={"camera_id": 3})

Logging never blocks and never raises: records wait in memory, up to ``max_waiting``, and go out in batches from a thread of
their own. A batch is sent again until the server has stored it, and stored once: it carries its sender and its number.
"""

import atexit
import gzip
import json
import logging
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
import uuid
from collections import deque
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

# Statuses that say "not now": wait and send the same again.
RETRIED = {408, 425, 429, 500, 502, 503, 504, 507}
COLUMNS = ("source", "camera_id", "logger_name")


class Shipper:
    """Takes records from any thread and delivers them in order, in batches."""

    def __init__(self, url, api_key, source="python", max_waiting=10_000, batch=500, flush_seconds=1.0, timeout=10.0):
        self._url = url.rstrip("/") + "/api/logs"
        self._headers = {
            "Authorization": "Bearer " + api_key,
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
            "X-Sender": str(uuid.uuid4()),
        }
        self._source = source
        self._max_waiting = max_waiting
        self._batch = batch
        self._flush_seconds = flush_seconds
        self._timeout = timeout
        self._waiting = deque()
        self._changed = threading.Condition()
        self._in_flight = 0
        self._flushing = False
        self._closing = False
        self._number = 0
        self.delivered = 0
        self.rejected = 0
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="timelapser-logs", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def send(self, record):
        """Takes one record, a dict of the fields of POST /api/logs. Drops the oldest one when too many wait."""
        record.setdefault("source", self._source)
        with self._changed:
            if self._closing:
                self.dropped += 1
                return
            if len(self._waiting) >= self._max_waiting:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(record)
            if len(self._waiting) >= self._batch or len(self._waiting) == 1:
                self._changed.notify_all()

    def flush(self, timeout=10.0):
        """Waits until everything sent so far was delivered; False when that took longer than ``timeout`` seconds."""
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting and not self._in_flight, timeout)

    def close(self, timeout=10.0):
        """Delivers what waits, for at most ``timeout`` seconds; later records are dropped."""
        delivered = self.flush(timeout)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        atexit.unregister(self.close)
        self._thread.join(timeout if delivered else 0)
        if not delivered:
            lost = len(self._waiting) + self._in_flight
            print("timelapser-logs: %d records were not delivered" % lost, file=sys.stderr)

    def _run(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                # The first record of a batch waits a moment for others.
                self._changed.wait_for(
                    lambda: len(self._waiting) >= self._batch or self._flushing or self._closing, self._flush_seconds
                )
                batch = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
                self._in_flight = len(batch)
                self._flushing = self._flushing and bool(self._waiting)
            self._deliver(batch)
            with self._changed:
                self._in_flight = 0
                self._changed.notify_all()

    def _deliver(self, batch):
        self._number += 1
        lines = "\n".join(json.dumps(record, default=str) for record in batch)
        headers = dict(self._headers, **{"X-Batch": str(self._number)})
        request = urllib.request.Request(self._url, gzip.compress(lines.encode("utf-8", "replace")), headers)
        pause = 0.5
        while True:
            asked = 0.0
            try:
                with urllib.request.urlopen(request, timeout=self._timeout) as response:
                    answer = json.load(response)["data"]
                self.delivered += answer["accepted"]
                self.rejected += answer["rejected_count"]
                return
            except urllib.error.HTTPError as error:
                if error.code not in RETRIED:
                    reason = error.read(300).decode("utf-8", "replace")
                    print("timelapser-logs: %d records refused: %s" % (len(batch), reason), file=sys.stderr)
                    self.rejected += len(batch)
                    return
                asked = _seconds(error.headers.get("Retry-After"))
            except (OSError, ValueError):
                pass
            with self._changed:
                if self._changed.wait_for(lambda: self._closing, max(pause, asked)):
                    self.dropped += len(batch)
                    return
            pause = min(pause * 2, 30.0)


def _seconds(retry_after):
    """The pause that a server asks for: seconds or a date, at most five minutes."""
    try:
        return min(float(retry_after), 300.0)
    except (TypeError, ValueError):
        pass
    try:
        return max(0.0, min(parsedate_to_datetime(retry_after).timestamp() - time.time(), 300.0))
    except (TypeError, ValueError, AttributeError):
        return 0.0


def loguru_sink(shipper):
    """A sink for ``logger.add``; what was bound goes into the columns of its name, else into ``extra_data``."""

    def sink(message):
        record = message.record
        extra = dict(record["extra"])
        entry = {name: extra.pop(name) for name in COLUMNS if extra.get(name) is not None}
        entry.setdefault("logger_name", record["name"])
        extra.update(function=record["function"], line=record["line"])
        if record["exception"] is not None:
            kind, error, trace = record["exception"]
            extra["exception"] = "".join(traceback.format_exception(kind, error, trace))
        entry.update(
            timestamp=record["time"].astimezone(timezone.utc).isoformat(),
            level=record["level"].name,
            message=record["message"],
            extra_data=extra,
        )
        shipper.send(entry)

    return sink


class ShippingHandler(logging.Handler):
    """A handler for ``logging``; ``extra=`` goes into the columns of its name, else into ``extra_data``."""

    # What every record has of its own.
    _OWN = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}

    def __init__(self, shipper, level=logging.NOTSET):
        super().__init__(level)
        self._shipper = shipper

    def emit(self, record):
        try:
            extra = {name: value for name, value in vars(record).items() if name not in self._OWN}
            entry = {name: extra.pop(name) for name in COLUMNS if extra.get(name) is not None}
            entry.setdefault("logger_name", record.name)
            extra.update(function=record.funcName, line=record.lineno)
            if record.exc_info:
                extra["exception"] = "".join(traceback.format_exception(*record.exc_info))
            entry.update(
                timestamp=datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
                level=_level_of(record),
                message=record.getMessage(),
                extra_data=extra,
            )
            self._shipper.send(entry)
        except Exception:
            self.handleError(record)

    def flush(self):
        self._shipper.flush()


def _level_of(record):
    """The name, or for levels of the program's own the one below: numbers mean something else to the server."""
    known = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO)
    return logging.getLevelName(next((level for level in known if record.levelno >= level), logging.DEBUG))
