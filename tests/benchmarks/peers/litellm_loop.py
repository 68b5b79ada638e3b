"""The same loop over litellm.acompletion, with room for all its connections."""

from __future__ import annotations

import asyncio
import os

from loop import arguments, ask_all, request_body

options = arguments()
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["AIOHTTP_CONNECTOR_LIMIT"] = str(options.connections)
os.environ["AIOHTTP_CONNECTOR_LIMIT_PER_HOST"] = str(options.connections)

import litellm  # noqa: E402 - it reads its settings when it is imported


async def ask(question: str) -> str:
    body = {**request_body(question), "model": "openai/mock"}
    response = await litellm.acompletion(
        **body, api_base=options.api_base, api_key="none", num_retries=0, max_retries=0
    )
    return response.choices[0].message.content


asyncio.run(ask_all(ask, options))
