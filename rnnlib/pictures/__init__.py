"""Pictures in the book's own style.

Every chapter draws with them, which needs matplotlib, and writes powers of ten with `numbers`.
"""
