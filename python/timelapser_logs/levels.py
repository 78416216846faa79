"""The levels that people set on the server, obeyed while the program runs."""

import json
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

from .encoding import text

VALUES = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}

# Seconds the server may hold a question until something changes; under the idle limits of usual proxies.
WAIT_SECONDS = 25
# A server that does not hold the question is asked no more often than this.
LEAST_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 5.0
# After a refusal, which asking again soon does not change.
REFUSED_PAUSE_SECONDS = 30.0
MAX_REPLY_BYTES = 1024 * 1024
MINUTE = 60.0


class _Override:
    __slots__ = ("scope", "target", "level", "value", "expires", "most", "began", "passed", "held")

    def __init__(self, answer, behind):
        self.scope = answer["scope"]
        self.target = answer["target"]
        self.level = answer["level"]
        self.value = VALUES[self.level]
        expires = answer["expires_at"]
        self.expires = None if expires is None else seconds_of(expires) + behind
        self.most = int(answer["max_lines_per_minute"])
        self.began, self.passed, self.held = 0.0, 0, 0


class Levels:
    """Decides line by line; everything passes until the server said otherwise."""

    def __init__(self, on_held_back=lambda record: None, now=time.time):
        self._on_held_back = on_held_back
        self._now = now
        # A signal handler or a finalizer may log while its thread holds the lock.
        self._lock = threading.RLock()
        self._general = 0
        self._overrides = {}

    def set(self, answer):
        """Takes the ``data`` of ``GET /api/levels``. Raises when it is something else."""
        now = self._now()
        behind = now - seconds_of(answer["now"]) if "now" in answer else 0.0
        general = VALUES[answer["log_level"]]
        overrides = [_Override(one, behind) for one in answer["overrides"]]
        with self._lock:
            for one in overrides:
                known = self._overrides.get((one.scope, one.target))
                if known is not None:
                    one.began, one.passed, one.held = known.began, known.passed, known.held
            new = {(one.scope, one.target): one for one in overrides}
            gone = [held_back(one) for key, one in self._overrides.items() if key not in new]
            self._general = general
            self._overrides = new
        for record in gone:
            if record is not None:
                self._on_held_back(record)

    def is_enabled(self, level, source, logger_name=None, camera_id=None):
        """Whether a line of this level reaches the one in force at its place; counts nothing."""
        with self._lock:
            override = self._find(source, logger_name, camera_id, self._now())
            return VALUES.get(level, 20) >= (self._general if override is None else override.value)

    def passes(self, level, source, logger_name=None, camera_id=None):
        """Whether a line is to be sent; counts it where only an override lets it through."""
        value = VALUES.get(level, 20)
        if not self._overrides:
            return value >= self._general
        told = None
        with self._lock:
            now = self._now()
            override = self._find(source, logger_name, camera_id, now)
            if value < (self._general if override is None else override.value):
                return False
            if override is None or value >= self._general:
                return True
            if not override.began <= now < override.began + MINUTE:
                told = held_back(override)
                override.began, override.passed, override.held = now, 0, 0
            passes = override.passed < override.most
            if passes:
                override.passed += 1
            else:
                override.held += 1
        if told is not None:
            self._on_held_back(told)
        return passes

    def tell_held_back(self):
        """Reports the lines that were held back so far."""
        with self._lock:
            told = [held_back(one) for one in self._overrides.values()]
            for one in self._overrides.values():
                one.held = 0
        for record in told:
            if record is not None:
                self._on_held_back(record)

    def _find(self, source, logger_name, camera_id, now):
        if camera_id is None and source.startswith("camera_"):
            camera_id = source[7:]
        names = [("camera", text(camera_id))] if camera_id is not None else []
        name = text(logger_name or "")
        while name:
            names.append(("logger", name))
            name = name.rpartition(".")[0]
        names.append(("source", source))
        for key in names:
            found = self._overrides.get(key)
            if found is not None and (found.expires is None or found.expires > now):
                return found
        return None


def held_back(one):
    if one.held == 0:
        return None
    lines = "1 line was" if one.held == 1 else "{:,} lines were".format(one.held)
    return {
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "level": "WARNING",
        "message": "%s held back: %s %s is raised to %s for at most %s lines a minute"
        % (lines, one.scope, one.target, one.level, "{:,}".format(one.most)),
        "source": "system",
        "logger_name": "timelapser.logger",
        "extra_data": {"held_back": one.held, "scope": one.scope, "target": one.target},
    }


def seconds_of(written):
    """Seconds since 1970 of ISO 8601 as the server writes it, in UTC with a fraction of any length."""
    whole, _, fraction = written.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp() + float("0.%s" % (fraction or 0))


class LevelWatch:
    """Follows the levels by one question that the server answers when they change."""

    def __init__(self, url, api_key, opener, levels):
        self._url = url
        self._api_key = api_key
        self._opener = opener
        self._levels = levels
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timelapser-logs levels", daemon=True)
        self._thread.start()

    def close(self):
        self._closed.set()

    def _run(self):
        etag, pause = None, 0.5
        while not self._closed.is_set():
            began = time.monotonic()
            wait = 0.0
            try:
                etag = self._ask(etag)
                pause = 0.5
            except urllib.error.HTTPError as error:
                with error:
                    if error.code != 304:
                        wait = REFUSED_PAUSE_SECONDS if 400 <= error.code < 500 else MAX_PAUSE_SECONDS
            except Exception:
                # The server is away: the rules last heard stay, and overrides in them expire.
                wait, pause = pause, min(pause * 2, MAX_PAUSE_SECONDS)
            rest = LEAST_PAUSE_SECONDS - (time.monotonic() - began)
            self._closed.wait(max(wait, rest, 0.0))

    def _ask(self, etag):
        """The new ETag; raises HTTPError 304 when nothing changed."""
        address = "%s/api/levels?wait=%d" % (self._url, WAIT_SECONDS if etag else 0)
        request = urllib.request.Request(address)
        if self._api_key:
            request.add_header("Authorization", "Bearer " + self._api_key)
        if etag:
            request.add_header("If-None-Match", etag)
        with self._opener.open(request, timeout=WAIT_SECONDS + 10) as response:
            self._levels.set(json.loads(response.read(MAX_REPLY_BYTES))["data"])
            return response.headers.get("ETag")
