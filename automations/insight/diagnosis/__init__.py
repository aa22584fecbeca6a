"""What is wrong with a workflow, since when, what changed just before, whose it is, and what to press.

Reads and never writes; the number of queries does not grow with the runs, letters and changes that there are. What the viewer
may not see is in no answer.
"""
