"""The reader's form of the notebooks: what a download runs and reads like outside the book.

`markdown.py` turns MyST into Markdown that every notebook program shows, `references.py` asks the
finished build what a role says, `notebook.py` makes a whole notebook of the two, `install.py`
knows what to type, `wheel.py` packs the library. `tools/downloads.py` puts them on the site.
"""
