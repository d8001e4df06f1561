"""Measurements that depend on the machine, and so are printed and not tested."""
