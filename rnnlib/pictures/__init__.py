"""Pictures in the book's own style.

Every chapter draws with them, and to draw needs matplotlib.
"""
