"""What is administered on floor 1."""

from core.admin.subjects import Subject
from routing.admin.calendar import CALENDAR
from routing.admin.catalogue import CATALOGUE
from routing.admin.limits import LIMITS

subjects: list[Subject] = [CATALOGUE, LIMITS, CALENDAR]
