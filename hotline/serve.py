"""What a web worker process loads: the application, and the wish to end with the server that started it."""

from __future__ import annotations

import os

from litestar import Litestar

from hotline import logs
from hotline.app import create_app
from hotline.children import end_with_parent


def application() -> Litestar:
    """For granian: without this a killed server would leave its workers on the port."""
    end_with_parent(os.getppid())
    logs.set_up()
    return create_app()
