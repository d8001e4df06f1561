"""The same sweep on a Dask cluster, of which a worker is killed."""

import os
import signal
import threading

import joblib
import pytest

from rnnlib.sweeps import SweepFailed, read_results
from tests.peers import peer
from tests.sweeps import runs
from tests.sweeps.test_sweeping import numbers, quietly

dask = peer("dask", extra="cluster")
distributed = peer("distributed", extra="cluster")

GRID = {"a": [0, 1, 2, 3]}
VALUES = [10 * a + seed for a in range(4) for seed in range(3)]


@pytest.fixture
def client():
    """Return the client of two workers of one thread each, restarted when they die.

    Dask gives a run up with its first worker, and not with its fourth: less to wait for.
    """
    workers = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    at_once = dask.config.set({"distributed.scheduler.allowed-failures": 0})
    with at_once, distributed.LocalCluster(**workers, silence_logs=50) as cluster:
        with distributed.Client(cluster) as client, joblib.parallel_config(backend="dask"):
            yield client


def test_the_same_results_as_here(client, tmp_path):
    grid = {"size": [3, 200]}
    on_cluster = quietly(runs.trained, grid, seeds=2, path=tmp_path / "cluster.csv")
    with joblib.parallel_config(backend="loky"):
        here = quietly(runs.trained, grid, seeds=2, path=tmp_path / "here.csv")
    assert numbers(on_cluster) == numbers(here)


def test_runs_are_on_the_cluster_and_have_one_blas_thread(client, tmp_path):
    settings = {"folder": str(tmp_path), "wait": 0.1}
    quietly(runs.marked, GRID, seeds=3, path=tmp_path / "a.csv", settings=settings)
    pids = {mark.read_text().strip() for mark in tmp_path.glob("?-?")}
    assert pids == {str(pid) for pid in client.run(os.getpid).values()}
    rows = quietly(runs.blas_threads, GRID, seeds=1, path=tmp_path / "b.csv")
    assert {row["threads"] for row in rows} == {1}


def test_a_worker_killed_from_outside_loses_no_result(client, tmp_path):
    """It dies when three results are stored and each worker is held up in a run."""
    path, settings = tmp_path / "results.csv", {"folder": str(tmp_path)}
    victim, *_ = client.run(os.getpid).values()

    def kill_mid_sweep():
        runs.wait_until(lambda: runs.stored(path) == 3 and sum(runs.starts(tmp_path).values()) == 5)
        os.kill(victim, signal.SIGKILL)
        (tmp_path / "go").touch()

    killer = threading.Thread(target=kill_mid_sweep)
    killer.start()
    rows = quietly(runs.held, GRID, seeds=3, path=path, settings=settings)
    killer.join()
    assert victim not in client.run(os.getpid).values()
    assert [row["value"] for row in rows] == VALUES
    again = {name: count for name, count in runs.starts(tmp_path).items() if count > 1}
    assert 1 <= len(again) <= 2  # what it was at, and (joblib holds on to it) what it had just done


def test_a_run_that_always_kills_its_worker_is_given_up(client, tmp_path):
    path, settings = tmp_path / "results.csv", {"folder": str(tmp_path), "wait": 0.5}
    with pytest.raises(SweepFailed, match="1 of 4 runs failed") as caught:
        run = runs.kills_its_worker_always
        quietly(run, {"a": [0, 1]}, seeds=2, path=path, settings=settings)
    assert "a=1, seed=1: its worker process died, three times: KilledWorker" in str(caught.value)
    assert len(read_results(path, complete=False)) == 3
