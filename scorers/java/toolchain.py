"""Where the compiler and the libraries are, and how they are called.

Known to work: OpenJDK 17 with Debian's packages of JUnit 5.9 and Mockito 2.23.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ...core.sandbox import Command, Sandbox, Setup, why_unavailable

PACKAGES = (
    "openjdk-17-jdk-headless junit5 libapiguardian-java libopentest4j-java "
    "libunivocity-parsers-java libpicocli-java libjetbrains-annotations-java libmockito-java "
    "libbyte-buddy-java libobjenesis-java"
)
_DEBIAN = "/usr/share/java"
_ANNOTATIONS = ("org.jetbrains.annotations-common", "org.jetbrains.annotations-java8")
_TESTING = (
    "junit-jupiter-api",
    "junit-jupiter-engine",
    "junit-jupiter-params",
    "junit-platform-commons",
    "junit-platform-console",
    "junit-platform-engine",
    "junit-platform-launcher",
    "junit-platform-reporting",
    "apiguardian-api",
    "opentest4j",
    "opentest4j-reporting-events",
    "opentest4j-reporting-schema",
    "picocli",
    "univocity-parsers",
    "mockito-core",
    "byte-buddy",
    "byte-buddy-agent",
    "objenesis",
)
# One compiler thread and a collector without threads start faster, and need fewer processes.
_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_HEAP = "-Xmx512m"
_RELEASE = ("--release", "17", "--enable-preview")
_LOOK = 'for file; do [ -e "$file" ] || echo "$file"; done'


class Toolchain(msgspec.Struct, frozen=True):
    """A compiler and its libraries: those of Debian, or all in the folder `jars`.

    The folder is then to hold JUnit with its console, Mockito, and JetBrains' annotations.
    """

    jars: Path | None = None

    @property
    def mounts(self) -> Mapping[str, Path]:
        """What a workspace must see."""
        return {str(self.jars): self.jars} if self.jars else {}

    @property
    def annotations(self) -> tuple[str, ...]:
        """The class path of main code, beside its own."""
        return (f"{self.jars}/*",) if self.jars else _debian(_ANNOTATIONS)

    @property
    def testing(self) -> tuple[str, ...]:
        """The class path of tests, beside that of main code."""
        return () if self.jars else _debian(_TESTING)

    async def why_unusable(self, sandbox: Sandbox) -> str | None:
        """Return why no Java can be run in `sandbox`; None where it can."""
        setup = Setup(mounts=self.mounts)
        reason = await why_unavailable(sandbox, "java", "javac", setup=setup)
        if reason:
            return f"{reason}; Debian's packages are {PACKAGES}"
        if self.jars:
            return None
        needed = (*self.annotations, *self.testing)
        outcome = await sandbox.run(Command(argv=("sh", "-c", _LOOK, "sh", *needed)), setup)
        missing = outcome.stdout.split()
        if not missing:
            return None
        return (
            f"not in the sandbox: {', '.join(missing)}; Debian's packages are {PACKAGES}, or name "
            "a folder of jars with scorer.jars=DIR"
        )


def javac(sources: Sequence[str], into: str, class_path: Sequence[str], cwd: str) -> Command:
    """Return the command that compiles `sources` to the folder `into`."""
    flags = ("-encoding", "UTF-8", *_RELEASE, "-proc:none", "-nowarn", "-d", into)
    path = ("-cp", ":".join(class_path))
    quick = (f"-J{flag}" for flag in (*_QUICK, _HEAP))
    return Command(argv=("javac", *quick, *flags, *path, *sources), cwd=cwd)


def java(
    main: str, arguments: Sequence[str], class_path: Sequence[str], properties: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the words that run the class `main`."""
    defined = (f"-D{name}={value}" for name, value in properties.items())
    path = ("-cp", ":".join(class_path))
    # Gradle runs tests with assertions, too.
    return ("java", *_QUICK, _HEAP, "-ea", "--enable-preview", *defined, *path, main, *arguments)


def _debian(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{_DEBIAN}/{name}.jar" for name in names)
