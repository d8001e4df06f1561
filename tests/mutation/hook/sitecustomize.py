"""Python imports this by itself, subprocesses too: one module of rnnlib is read with a mutant.

The files stay as they are, so that tests that read rnnlib's source, or plant bugs of their own in
it, are not disturbed.
"""

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader

path, start, end, new = os.environ["RNNLIB_MUTANT"].split("\t")


class MutantLoader(SourceFileLoader):
    def get_code(self, fullname):
        text = self.get_data(self.path)
        text = text[: int(start)] + new.encode() + text[int(end) :]
        return compile(text, self.path, "exec")


class MutantFinder:
    @staticmethod
    def find_spec(name, search=None, target=None) -> ModuleSpec | None:
        if not name.startswith("rnnlib"):
            return None
        spec = PathFinder.find_spec(name, search, target)
        if spec is not None and spec.origin is not None and os.path.samefile(spec.origin, path):
            spec.loader = MutantLoader(name, spec.origin)
        return spec


sys.meta_path.insert(0, MutantFinder)
