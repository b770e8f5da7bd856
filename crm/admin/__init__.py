"""What is administered on floor 3."""

from core.admin.subjects import Subject
from crm.admin.lines import LINES

subjects: list[Subject] = [LINES]
