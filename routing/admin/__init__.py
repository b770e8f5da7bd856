"""What is administered on floor 1."""

from core.admin.subjects import Subject
from routing.admin.calendar import CALENDAR
from routing.admin.catalogue import CATALOGUE
from routing.admin.limits import LIMITS
from routing.admin.matters import MATTERS
from routing.admin.posts import POSTS
from routing.admin.staff import STAFF
from routing.admin.units import UNITS

subjects: list[Subject] = [UNITS, STAFF, POSTS, MATTERS, CATALOGUE, LIMITS, CALENDAR]
