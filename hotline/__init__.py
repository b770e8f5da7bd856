"""The roof: what starts things. Piccolo finds its engine and apps through this name."""

import os

os.environ.setdefault("PICCOLO_CONF", "hotline.piccolo_conf")
