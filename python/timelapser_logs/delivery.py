"""POSTs batches, and says of each reply what becomes of the batch."""

# The socket module loads this one with the first connection; a fork in that moment would leave its lock held for ever.
import encodings.idna  # noqa: F401
import gzip
import json
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime

# Statuses that a later attempt of the same batch may not get: overload, restart, a key that is not known yet.
PASSING = {401, 403, 404, 408, 425, 429}
MAX_REPLY_BYTES = 1024 * 1024
MAX_RETRY_AFTER_SECONDS = 300.0


class TooLarge(Exception):
    """The server or a proxy takes smaller batches."""


class Refused(Exception):
    """The same batch will be refused again."""


class NotNow(Exception):
    """The batch is to be sent again, ``seconds`` later if the server named a pause."""

    def __init__(self, sentence, seconds=0.0):
        super().__init__(sentence)
        self.seconds = seconds


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key elsewhere, and make a GET of a POST."""

    def redirect_request(self, *_):
        return None


def make_opener(context=None):
    """An opener that follows no redirect; ``context`` is an ``ssl.SSLContext`` for a certificate of one's own."""
    handlers = [_NoRedirects()]
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*handlers)


class Delivery:
    def __init__(self, url, api_key, timeout, opener):
        self.endpoint = url + "/api/logs"
        self._headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        if api_key:
            self._headers["Authorization"] = "Bearer " + api_key
        self._timeout = timeout
        self._opener = opener

    def post(self, lines, sender, number):
        """Returns the counts of the reply: ``(accepted, rejected, reason of the first rejected)``.

        Raises NotNow, TooLarge or Refused.
        """
        headers = dict(self._headers, **{"X-Sender": sender, "X-Batch": str(number)})
        body = gzip.compress(b"\n".join(lines), 5)
        request = urllib.request.Request(self.endpoint, body, headers)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return _counts(response.read(MAX_REPLY_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                raise self._failure(error) from None
        except (OSError, ValueError, EOFError) as error:
            raise NotNow("%s cannot be reached: %s" % (self.endpoint, error)) from None
        except Exception as error:  # http.client has exceptions of its own for broken replies.
            raise NotNow("%s gave a broken reply: %r" % (self.endpoint, error)) from None

    def _failure(self, error):
        try:
            reply = error.read(MAX_REPLY_BYTES)
        except Exception:
            reply = b""
        sentence = "%s answered %d%s" % (self.endpoint, error.code, _message(reply))
        if error.code == 413:
            return TooLarge(sentence)
        if error.code >= 500 or error.code < 400 or error.code in PASSING:
            return NotNow(sentence, seconds_of(error.headers.get("Retry-After")))
        return Refused(sentence)


def _parse(reply):
    try:
        parsed = json.loads(reply)
        return parsed if isinstance(parsed, dict) else {}
    except ValueError:
        return {}


def _message(reply):
    message = _parse(reply).get("message")
    return " (%s)" % message[:200] if isinstance(message, str) else ""


def _counts(reply):
    data = _parse(reply).get("data")
    if not isinstance(data, dict):
        raise ValueError("the reply is not that of Timelapser Logs")
    rejected = data.get("rejected") or [{}]
    reason = rejected[0].get("reason", "") if isinstance(rejected[0], dict) else ""
    return int(data.get("accepted") or 0), int(data.get("rejected_count") or 0), str(reason)[:200]


def seconds_of(retry_after):
    """The pause of ``Retry-After``: seconds or a date, at most five minutes; 0 without one."""
    if not retry_after:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (TypeError, ValueError):
            return 0.0
    return min(seconds, MAX_RETRY_AFTER_SECONDS) if seconds > 0 else 0.0
