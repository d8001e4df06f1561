"""How fast rnnlib is, beside its peers on the same work: each file is one benchmark, run with -m."""
