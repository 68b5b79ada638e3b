"""The floor: aiohttp and nothing around it. No retries, no scores, no safe storage."""

from __future__ import annotations

import argparse
import asyncio

import aiohttp
import uvloop
from loop import arguments, ask_all, request_body


async def main(options: argparse.Namespace) -> None:
    """Ask all questions over one session."""
    url = f"{options.api_base}/chat/completions"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(question: str) -> str:
            async with session.post(url, json=request_body(question)) as response:
                response.raise_for_status()
                reply = await response.json()
                return reply["choices"][0]["message"]["content"]

        await ask_all(ask, options)


given = arguments()
run = uvloop.run if given.uvloop else asyncio.run
run(main(given))
