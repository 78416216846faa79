"""Makes JSON lines of records; whatever a program logs becomes a line."""

import json
import math
from datetime import date, datetime, timezone

# A longer line is cut: one line is not to fill a request.
MAX_LINE_BYTES = 1_000_000
MAX_TEXT = 250_000
MAX_NAME = 1000
MAX_DEPTH = 20
MAX_INTEGER = 2**63


def encode_record(record):
    """The record as one line of JSON, ASCII alone. Never raises."""
    try:
        line = json.dumps(record, allow_nan=False)
    except Exception:  # A value of any class may raise anything.
        line = json.dumps(plain(record))
    if len(line) > MAX_LINE_BYTES:
        names = ("timestamp", "level", "source", "camera_id", "logger_name")
        cut = {name: text(record[name])[:MAX_NAME] for name in names if record.get(name) is not None}
        message = text(record.get("message", "")).encode("utf-8", "replace")[:MAX_TEXT]
        cut["message"] = message.decode("utf-8", "ignore")
        cut["extra_data"] = {"truncated_bytes": len(line) - len(message)}
        line = json.dumps(cut)
    return line.encode("ascii")


def plain(value, depth=0, within=()):
    """The value as JSON can hold it: numbers that JSON does not know and objects become text. Never raises."""
    try:
        return _plain(value, depth, within)
    except Exception:  # A dict or a number of a class of the program's own.
        return text(value)


def _plain(value, depth, within):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value) if -MAX_INTEGER <= value < MAX_INTEGER else text(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else text(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:MAX_TEXT]).decode("utf-8", "replace")
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        if depth >= MAX_DEPTH or id(value) in within:
            return "..."
        within = within + (id(value),)
        if isinstance(value, dict):
            return {text(key): plain(one, depth + 1, within) for key, one in list(value.items())}
        return [plain(one, depth + 1, within) for one in list(value)]
    return text(value)


def text(value):
    """``str(value)``; a value that has no text gives the name of its type."""
    try:
        return str(value)[:MAX_TEXT]
    except Exception:
        return "<%s>" % type(value).__name__


def in_utc(time):
    return time.astimezone(timezone.utc).isoformat()
