"""Maps the rooms, which are top-level folders, to packages of the namespace `evalrun`.

Everything else about the distribution stands in pyproject.toml. Sub-packages are found, so that a
new one needs no entry here.
"""

from setuptools import find_packages, setup

ROOMS = ("benchmarks", "cli", "core", "models", "recipes", "runners", "scorers")

setup(
    packages=[
        package
        for room in ROOMS
        for package in (
            f"evalrun.{room}",
            *(f"evalrun.{room}.{inner}" for inner in find_packages(room)),
        )
    ],
    package_dir={f"evalrun.{room}": room for room in ROOMS},
)
