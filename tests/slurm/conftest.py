"""The cluster that tests marked `slurm` share: one for each pytest process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from slurm.cluster import Cluster, missing
from slurm.user import User


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a cluster until the last test has ended."""
    pytest.importorskip("submitit")
    if reason := missing():
        pytest.skip(reason)
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Iterator[Cluster]:
    """Return the cluster, without a job of anybody else; none is left behind."""
    yield shared_cluster
    shared_cluster.cancel_all()


@pytest.fixture
def user(cluster: Cluster, tmp_path: Path) -> User:
    """Return somebody who types commands in an empty folder of the cluster."""
    return User(cluster, tmp_path)
