"""One round against a wire tool server with Python's `mcp`: see ../clients.ts for what is expected."""
import asyncio
import json
import sys

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

ASKED = json.loads(sys.argv[1])


def say(line):
    print(json.dumps(line), flush=True)


def server():
    if "command" in ASKED:
        return StdioServerParameters(
            command=ASKED["command"], args=ASKED["args"], env=ASKED["env"]
        )
    http = create_mcp_http_client(headers={"authorization": "Bearer " + ASKED["token"]})
    return streamable_http_client(ASKED["url"], http_client=http)


async def main():
    updated = asyncio.Event()

    async def hear(message):
        if "updated" in type(message).__name__.lower() or ASKED["uri"] in str(message):
            updated.set()

    async with Client(server(), mode=ASKED["mode"], message_handler=hear) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        answered = {}
        for name, arguments in ASKED["calls"]:
            result = await client.call_tool(name, arguments)
            answered[name] = bool(result.is_error)
        text = (await client.read_resource(ASKED["uri"])).contents[0].text
        seen = {
            "revision": client.protocol_version,
            "tools": tools,
            "failed": answered,
            "text": text,
        }
        if ASKED["mode"] == "legacy":
            await client.subscribe_resource(ASKED["uri"])
            say("listening")
            await asyncio.wait_for(updated.wait(), 20)
        else:
            async with client.listen(resource_subscriptions=[ASKED["uri"]]) as subscription:
                say("listening")
                async for _ in subscription:
                    break
        say(seen)


asyncio.run(main())
