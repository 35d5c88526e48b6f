"""Calls tools of a server with the official Python client, and prints one JSON line for each call.

usage: calls.py MODE SERVER [ARGUMENT...]

MODE is how the protocol's version is agreed on: `legacy` shakes hands, `auto` asks for the newest. Standard input has
one JSON document a line: {"tool": NAME, "arguments": {...}}, {"resource": ADDRESS} or {"prompt": NAME, "arguments": {...}}.
"""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters


async def do(client, call):
    if "tool" in call:
        result = await client.call_tool(call["tool"], call["arguments"])
        return {"error": result.is_error, "content": result.structured_content}
    if "resource" in call:
        result = await client.read_resource(call["resource"])
        return {"text": result.contents[0].text}
    result = await client.get_prompt(call["prompt"], call.get("arguments"))
    return {"text": result.messages[0].content.text}


async def main(mode, server, *arguments):
    # the client would hide most of the environment
    parameters = StdioServerParameters(command=server, args=list(arguments), env=dict(os.environ))
    async with Client(parameters, mode=mode) as client:
        listed = await client.list_tools()
        hello = {
            "version": client.protocol_version,
            "tools": [tool.name for tool in listed.tools],
            "resources": [str(one.uri) for one in (await client.list_resources()).resources],
            "prompts": [one.name for one in (await client.list_prompts()).prompts],
        }
        print(json.dumps(hello), flush=True)
        for line in sys.stdin:
            print(json.dumps(await do(client, json.loads(line))), flush=True)


asyncio.run(main(*sys.argv[1:]))
