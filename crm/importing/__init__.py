"""Records that come from outside, file by file: read, mapped, checked, written; what is wrong with a row is told."""
