"""What is administered on floor 1."""

from core.admin.subjects import Subject

subjects: list[Subject] = []
