"""Sends the logs of a Python program to Timelapser Logs. Standard library only; Python 3.8 or newer.

    from timelapser_logs import Shipper, ShippingHandler, loguru_sink

    shipper = Shipper("http://127.0.0.1:4700", api_key="tl_...", source="worker", spool="/var/lib/worker/logs")

    logging.getLogger().addHandler(ShippingHandler(shipper))     # logging
    logger.add(loguru_sink(shipper), level="TRACE")              # loguru

A log call never raises and never waits for the network. README.md beside this package says what happens to a line.
"""

from .handlers import ShippingHandler, capture_uncaught, loguru_sink
from .shipper import Shipper

__all__ = ["Shipper", "ShippingHandler", "capture_uncaught", "loguru_sink"]
__version__ = "0.1.0"
