"""Tables of the wording: texts that a site has changed. What is not here reads as `templates.TEMPLATES` has it."""

from piccolo.columns import Serial, SmallInt, Text
from piccolo.table import Table


class MessageText(Table):
    """One template in one language, as the site words it. Every change takes the next version of the template."""

    id: Serial
    name = Text()
    locale = Text()
    body = Text()
    version = SmallInt()
