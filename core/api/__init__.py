"""What every operation of `/api/v1` has in common: reading, doing once, answering, and the document of them all."""
