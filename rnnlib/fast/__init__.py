"""Whole runs of the course's own cells, tuned.

No chapter builds them: they compute what the plain loops of `rnnlib.time` compute, and a test holds
the two equal.
"""
