"""What a web worker process loads: the application, and the wish to end with the server that started it."""

from __future__ import annotations

import logging
import os

from litestar import Litestar

from core.settings import settings
from hotline.app import create_app
from hotline.children import end_with_parent


def application() -> Litestar:
    """For granian: without this a killed server would leave its workers on the port."""
    end_with_parent(os.getppid())
    logging.basicConfig(level=settings().log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return create_app()
