"""What the room returns are records: named fields that cannot be set, compared by identity."""

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from rnnlib import ElmanCell, unroll
from rnnlib.product import (
    error_projection,
    kreiss_bound,
    log_bounds,
    log_singular_values,
    log_singular_values_of,
    lyapunov_spectrum,
)

J = np.full((3, 2, 2), 0.5)
CELL = ElmanCell([[0.5]], [[1.0]], [0.0])
RECORDS = {
    "error_projection": lambda: error_projection(
        CELL, unroll(CELL, np.ones((3, 1, 1))), np.ones((1, 1)), [1]
    ),
    "kreiss_bound": lambda: kreiss_bound(np.eye(2) / 2),
    "log_bounds": lambda: log_bounds(J),
    "log_singular_values": lambda: log_singular_values(J),
    "log_singular_values_of": lambda: log_singular_values_of(J[0]),
    "lyapunov_spectrum": lambda: lyapunov_spectrum(J),
}


@pytest.mark.parametrize("call", RECORDS.values(), ids=RECORDS)
def test_a_record_is_itself_and_stays_as_it_is(call):
    record = call()
    assert record == record and record != call()
    for field in fields(record):
        with pytest.raises(FrozenInstanceError):
            setattr(record, field.name, None)
