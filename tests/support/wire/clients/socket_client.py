import json, socket, sys

PATH, NAME = sys.argv[1:]
VALUE = "é✓𝄞\n" * 20480


# A connection for each message: its end, and no newline, says that it is whole.
def ask(message):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(PATH)
        connection.sendall(json.dumps(message, ensure_ascii=False).encode())
        connection.shutdown(socket.SHUT_WR)
        return json.load(connection.makefile(encoding="utf-8"))


def call(method, params=None):
    return ask({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


print("secret", call("set_secret", {"key": f"team/{NAME}", "value": VALUE, "backend": None})["result"]["backend"])
account = ["demo", NAME, None, "api_key", None, None, {"api_key": f"key of {NAME}"}]
print("account", call("add_account", account)["result"]["account"]["account"])
print("vault", call("status")["result"]["vault"]["state"])

batch = [
    {"jsonrpc": "2.0", "id": 1, "method": "get_token", "params": ["demo", NAME]},
    {"jsonrpc": "2.0", "id": 2, "method": "get_secret", "params": {"key": f"team/{NAME}"}},
]
results = {answer["id"]: answer["result"] for answer in ask(batch)}
print("batch", results[1]["access_token"], "whole" if results[2]["value"] == VALUE else "changed")

error = call("get_token", {"service": "demo", "account": "nobody"})["error"]
print("error", error["data"]["kind"], "with a hint" if error["data"]["hint"] else "without a hint")

count, pages, cursor = 0, 0, None
while pages == 0 or cursor:
    page = call("list_secrets", ["many/", cursor])["result"]
    count, pages, cursor = count + len(page["secrets"]), pages + 1, page["cursor"]
print("listed", count, "by pages" if pages > 1 else "at once")
