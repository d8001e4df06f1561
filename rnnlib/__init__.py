"""rnnlib: recurrent networks and their gradient product, in numpy.

The library of the course *Gradients Through Time*. Symbols, shapes and equation labels are the
course's: weights are ``(out, in)``, sequences are ``(T, B, features)``, time first.

Importing rnnlib imports numpy and nothing else; pictures live in `rnnlib.plotting` (matplotlib).
"""
