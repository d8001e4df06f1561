"""The grader on a Dask cluster gives what it gives here."""

import pytest

from coursework import grade as command
from tests.coursework.conftest import nothing_left, skipped_at_the_sandbox  # noqa: F401
from tests.coursework.test_runs import expected, handed_in, results, run  # noqa: F401
from tests.peers import peer

distributed = peer("distributed", extra="cluster")


@pytest.mark.filterwarnings("ignore")  # of Dask's and of its libraries'
def test_results_of_a_dask_cluster(handed_in, expected, tmp_path):  # noqa: F811
    workers = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**workers) as cluster,
        command.backend(cluster.scheduler_address),
    ):
        run(handed_in, tmp_path)
    assert results(tmp_path) == expected
