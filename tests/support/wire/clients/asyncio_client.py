import asyncio, json, sys

PATH, NAME = sys.argv[1:]
VALUE = "é✓𝄞\n" * 20480


async def ask(connection, message):
    reader, writer = connection
    writer.write(json.dumps(message).encode() + b"\n")
    await writer.drain()
    return json.loads(await reader.readline())


async def main():
    # Lines of up to 64 KiB, which hold whatever comes by page.
    connection = await asyncio.open_unix_connection(PATH)

    async def call(method, params=None):
        return await ask(connection, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})

    answer = await call("set_secret", {"key": f"team/{NAME}", "value": VALUE, "backend": None})
    print("secret", answer["result"]["backend"])
    answer = await call("add_account", ["demo", NAME, None, "api_key", None, None, {"api_key": f"key of {NAME}"}])
    print("account", answer["result"]["account"]["account"])
    print("vault", (await call("status"))["result"]["vault"]["state"])

    # A secret may be longer than that.
    wide = await asyncio.open_unix_connection(PATH, limit=1 << 20)
    batch = [
        {"jsonrpc": "2.0", "id": 1, "method": "get_token", "params": ["demo", NAME]},
        {"jsonrpc": "2.0", "id": 2, "method": "get_secret", "params": {"key": f"team/{NAME}"}},
    ]
    results = {answer["id"]: answer["result"] for answer in await ask(wide, batch)}
    print("batch", results[1]["access_token"], "whole" if results[2]["value"] == VALUE else "changed")

    error = (await call("get_token", {"service": "demo", "account": "nobody"}))["error"]
    print("error", error["data"]["kind"], "with a hint" if error["data"]["hint"] else "without a hint")

    count, pages, cursor = 0, 0, None
    while pages == 0 or cursor:
        page = (await call("list_secrets", ["many/", cursor]))["result"]
        count, pages, cursor = count + len(page["secrets"]), pages + 1, page["cursor"]
    print("listed", count, "by pages" if pages > 1 else "at once")


asyncio.run(main())
