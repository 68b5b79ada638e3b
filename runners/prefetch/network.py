"""Which servers a run asks while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from ...core.config import Config
from ...core.interfaces import Networked
from ..build import Parts, build_judge, build_parts, models_of


def needs_network(config: Config) -> tuple[str, ...]:
    """Return the servers that the run of `config` asks, each once: () for one that stays here.

    They are named by their host, or by the provider whose hosts are not known. Servers on the
    machine of the run itself do not count. Raises ConfigError.
    """
    return hosts_asked(config, build_parts(config))


def hosts_asked(config: Config, parts: Parts) -> tuple[str, ...]:
    """Return what `needs_network` does, of parts that are built already. Raises ConfigError."""
    return tuple(dict.fromkeys(host for host in _asked(config, parts) if not _is_local(host)))


def _asked(config: Config, parts: Parts) -> Iterator[str]:
    judge = build_judge(config)
    for part in (*models_of(parts), parts.protocol, *((judge,) if judge else ())):
        if isinstance(part, Networked):
            yield from part.hosts()


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
