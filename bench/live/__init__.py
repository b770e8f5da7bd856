"""`make bench-live`: thousands of open desks that hear of every change, and what that costs."""
