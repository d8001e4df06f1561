"""What a gradient check takes, and what it refuses by name."""

import dataclasses

import numpy as np
import pytest

from rnnlib import DiagonalCell, ElmanCell, Readout, bptt, tree, unroll
from rnnlib.checks import check_cell, check_gradient


def test_a_function_may_write_into_its_argument():
    x = np.array([1.0, 2.0])
    square = check_gradient(lambda x: np.multiply(x, x, out=x).sum(), 2 * x, at=x)
    assert square.passed and x.tolist() == [1.0, 2.0]


def test_a_function_that_draws_random_numbers_is_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="function: expected the same number at the same place"):
        check_gradient(lambda x: (x**2).sum() + 1e-9 * rng.random(), [2.0], at=[1.0])


def test_complex_parameters_are_pairs():
    """∂L/∂Re z − i ∂L/∂Im z, as `DiagonalCell` gives it."""
    rng = np.random.default_rng(0)
    cell = DiagonalCell.random(2, 3, rng, smallest=0.5)
    cell = tree.map_leaves(lambda leaf: leaf.astype(complex), cell)
    xs, target = rng.standard_normal((5, 2, 2)), rng.standard_normal((5, 2, 3))

    def loss(cell):
        return ((unroll(cell, xs.astype(complex)).hs[1:].real - target) ** 2).sum()

    run = unroll(cell, xs.astype(complex))
    dhs = 2 * (run.hs[1:].real - target) + 0j
    gradient = bptt(cell, run, dhs).cell
    report = check_gradient(loss, gradient, at=cell)
    assert report.passed and report.checked == 2 * cell.num_parameters, str(report)
    conjugate = tree.map_leaves(np.conj, gradient)
    wrong = check_gradient(loss, conjugate, at=cell)
    assert wrong.verdict == "WRONG" and all(name.startswith("Im ") for name in wrong.wrong)
    with pytest.raises(ValueError, match="at: expected real numbers for the complex step"):
        check_gradient(loss, gradient, at=cell, method="complex")
    assert check_cell(cell).passed


@pytest.mark.parametrize("method", ["auto", "central"])
def test_any_shape_and_any_kind_of_number(method):
    for result in (float, np.float64, np.asarray, lambda y: np.reshape(y, (1,))):
        for at in (0.5, np.array(0.5), np.array([0.5]), np.full((1, 1, 1), 0.5)):
            report = check_gradient(
                lambda x, r=result: r(np.sin(x).sum()), np.cos(at), at=at, method=method
            )
            assert report.passed and report.checked == 1
    assert check_gradient(np.sin, np.cos(0.5), at=0.5).worst == "at"


def test_a_gradient_of_other_shapes_is_refused():
    cell = ElmanCell.random(2, 3, np.random.default_rng(0))
    other = ElmanCell.random(3, 3, np.random.default_rng(0))
    with pytest.raises(
        ValueError, match=r"gradient: expected the shapes of at, .*'W_xh': \(3, 2\)"
    ):
        check_gradient(lambda c: c.b_h.sum(), other, at=cell)
    with pytest.raises(ValueError, match="at: expected at least one number"):
        check_gradient(np.sum, np.zeros(0), at=np.zeros(0))


def test_a_function_in_float32_is_told_less_of_and_never_wrongly():
    x = np.array([0.3, 0.7])
    single = lambda x: np.sin(x.astype(np.float32)).sum()  # noqa: E731
    assert check_gradient(single, np.cos(x), at=x).verdict in ("RIGHT", "UNDECIDED")
    assert check_gradient(single, 1.01 * np.cos(x), at=x).verdict == "WRONG"


@pytest.mark.parametrize("result", [None, "2", [1.0, 2.0], np.nan])
def test_a_function_that_returns_no_number_is_named(result):
    with pytest.raises(ValueError, match="function: expected it to return one finite number"):
        check_gradient(lambda x: result, [2.0], at=[1.0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "forward"}, ValueError, "method: expected 'auto', 'central' or 'complex'"),
        ({"gradient": np.ones(3)}, ValueError, "gradient: expected the shapes of at"),
        ({"gradient": [np.nan, 0]}, ValueError, "gradient: expected finite"),
        ({"at": np.ones(2, np.float32)}, TypeError, "at: expected float64, got float32"),
        ({"directions": 0}, ValueError, "directions: expected at least 1"),
        ({"rtol": -1.0}, ValueError, "rtol: expected a finite number > 0"),
        ({"function": lambda x: x}, ValueError, "function: expected it to return one finite"),
        ({"function": lambda x: np.nan}, ValueError, "function: .* got nan"),
    ],
)
def test_bad_input(arguments, error, message):
    good = {"function": lambda x: x.sum(), "gradient": np.ones(2), "at": np.ones(2)}
    with pytest.raises(error, match=message):
        check_gradient(**(good | arguments))


def test_reports_are_records():
    report = check_gradient(lambda x: x.sum(), np.ones(2), at=np.ones(2))
    assert dataclasses.asdict(report)["verdict"] == "RIGHT"


@dataclasses.dataclass(frozen=True)
class Scalars:
    """A record with arrays of no axes, nested."""

    leak: np.ndarray
    rest: Readout


@pytest.mark.parametrize("number", [0.5, 0.5 - 0.25j])
def test_a_record_with_an_array_of_no_axes(number):
    at = Scalars(np.array(number), Readout([[2.0]], [1.0]))

    def f(record):
        assert isinstance(record.leak, np.ndarray) and record.leak.shape == ()
        return (abs(record.leak) ** 2 * record.rest.W_ho).sum() + record.rest.b_o[0] ** 3

    right = Scalars(4 * np.conj(at.leak), Readout([[abs(number) ** 2]], [3.0]))
    report = check_gradient(f, right, at=at)
    assert report.passed and report.checked == (3 if np.isreal(number) else 4), str(report)
    wrong = check_gradient(f, dataclasses.replace(right, leak=2 * right.leak), at=at)
    assert wrong.wrong == (("leak",) if np.isreal(number) else ("leak", "Im leak"))


def test_an_error_with_complex_numbers_leaves_differences():
    def only_real(x):
        if np.iscomplexobj(x):
            raise RuntimeError("real numbers only")
        return np.sin(x).sum()

    report = check_gradient(only_real, np.cos([0.5]), at=[0.5])
    assert report.passed and report.method == "central"
    with pytest.raises(
        ValueError, match=r"function: expected one that takes complex .*real numbers only"
    ):
        check_gradient(only_real, np.cos([0.5]), at=[0.5], method="complex")
