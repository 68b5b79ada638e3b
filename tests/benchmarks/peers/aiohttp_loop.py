"""The floor: aiohttp on uvloop, and nothing around it. No retries, no scores, no safe storage."""

from __future__ import annotations

import aiohttp
import uvloop
from loop import arguments, ask_all, request_body


async def main() -> None:
    """Ask all questions over one session."""
    options = arguments()
    url = f"{options.api_base}/chat/completions"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(question: str) -> str:
            async with session.post(url, json=request_body(question)) as response:
                response.raise_for_status()
                reply = await response.json()
                return reply["choices"][0]["message"]["content"]

        await ask_all(ask, options)


uvloop.run(main())
