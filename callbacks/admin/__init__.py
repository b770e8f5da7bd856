"""What is administered on floor 4."""

from callbacks.admin.texts import TEXTS
from core.admin.subjects import Subject

subjects: list[Subject] = [TEXTS]
