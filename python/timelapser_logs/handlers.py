"""What ``logging`` and ``loguru`` write, as records of Timelapser Logs."""

import logging
import sys
import threading
import traceback
from datetime import datetime, timezone

from .encoding import in_utc, text

COLUMNS = ("source", "camera_id", "logger_name")
LEVELS = ((50, "CRITICAL"), (40, "ERROR"), (30, "WARNING"), (20, "INFO"))


def level_of(number):
    """The level at or below a number: numbers and names of the program's own mean nothing to the server."""
    return next((name for least, name in LEVELS if number >= least), "DEBUG")


def _entry(extra, logger_name):
    """The columns among what was bound; they leave ``extra``."""
    entry = {name: extra.pop(name) for name in COLUMNS if extra.get(name) is not None}
    entry.setdefault("logger_name", logger_name)
    return entry


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
            entry = _entry(extra, record.name)
            level = level_of(record.levelno)
            if not self._shipper.admits(level, entry.get("source"), entry["logger_name"], entry.get("camera_id")):
                return
            extra.setdefault("function", record.funcName)
            extra.setdefault("line", record.lineno)
            if record.exc_info and record.exc_info[0] is not None:
                extra["exception"] = "".join(traceback.format_exception(*record.exc_info))
            elif record.exc_text:
                extra["exception"] = record.exc_text
            if record.stack_info:
                extra["stack"] = record.stack_info
            entry.update(
                timestamp=datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
                level=level,
                message=record.getMessage(),
                extra_data=extra,
            )
            self._shipper.send(entry)
        except Exception:
            self.handleError(record)

    def flush(self):
        """Nothing: ``Shipper.flush`` waits, and logging calls this at each end of the process."""


def loguru_sink(shipper):
    """A sink for ``logger.add``; what was bound goes into the columns of its name, else into ``extra_data``."""

    def sink(message):
        record = message.record
        extra = dict(record["extra"])
        entry = _entry(extra, record["name"])
        level = level_of(record["level"].no)
        if not shipper.admits(level, entry.get("source"), entry["logger_name"], entry.get("camera_id")):
            return
        extra.setdefault("function", record["function"])
        extra.setdefault("line", record["line"])
        if record["exception"] is not None:
            extra["exception"] = "".join(traceback.format_exception(*record["exception"]))
        entry.update(
            timestamp=in_utc(record["time"]),
            level=level,
            message=record["message"],
            extra_data=extra,
        )
        shipper.send(entry)

    return sink


def capture_uncaught(shipper):
    """Sends exceptions that nobody caught, of the main thread and of others, as CRITICAL; they are printed as before."""
    hook, thread_hook = sys.excepthook, threading.excepthook

    def send(kind, error, trace, thread):
        shipper.send(
            {
                "timestamp": datetime.now(timezone.utc).isoformat(),
                "level": "CRITICAL",
                "message": "uncaught %s: %s" % (kind.__name__, text(error)),
                "logger_name": "uncaught",
                "extra_data": {
                    "thread": thread,
                    "exception": "".join(traceback.format_exception(kind, error, trace)),
                },
            }
        )

    def on_exception(kind, error, trace):
        if issubclass(kind, Exception):
            send(kind, error, trace, threading.current_thread().name)
        hook(kind, error, trace)

    def on_thread_exception(args):
        if args.exc_type is not None and issubclass(args.exc_type, Exception):
            send(args.exc_type, args.exc_value, args.exc_traceback, args.thread.name if args.thread else None)
        thread_hook(args)

    sys.excepthook = on_exception
    threading.excepthook = on_thread_exception
