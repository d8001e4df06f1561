"""Every example in a docstring of rnnlib gives what it says."""

import doctest
import importlib
import pkgutil

import matplotlib
import pytest

import rnnlib

matplotlib.use("Agg")  # examples draw, and nobody looks
OF_PEERS = "rnnlib.training.torch_bridge"  # tests/peers has its examples
MODULES = [module.name for module in pkgutil.walk_packages(rnnlib.__path__, "rnnlib.")]
MODULES.remove(OF_PEERS)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
