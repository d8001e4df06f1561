"""Pictures in the book's own style.

Every chapter draws with them; importing a module of this room imports matplotlib.
"""
