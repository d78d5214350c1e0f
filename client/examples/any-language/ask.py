"""Prints the access token of an account: python3 ask.py SERVICE ACCOUNT"""
import json, os, socket, sys


def path_of_socket():
    if named := os.environ.get("SIGILFORGE_SOCKET"):
        return named
    if home := os.environ.get("SIGILFORGE_HOME"):
        return os.path.join(home, "run/sigilforge.sock")
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Application Support/sigilforge/run/sigilforge.sock")
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return os.path.join(runtime, "sigilforge.sock")
    return os.path.expanduser("~/.local/state/sigilforge/run/sigilforge.sock")


def call(method, params):
    path = path_of_socket()
    if os.lstat(path).st_uid != os.getuid():
        raise SystemExit(f"{path} belongs to another user.")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        connection.sendall(json.dumps(request).encode() + b"\n")
        # One line is one answer, however long it is. Only those that have an id answer a request.
        for line in connection.makefile("r", encoding="utf-8", newline="\n"):
            answer = json.loads(line)
            if answer.get("id") == 1:
                return answer
    raise SystemExit("The daemon has closed the connection.")


answer = call("get_token", {"service": sys.argv[1], "account": sys.argv[2]})
if error := answer.get("error"):
    raise SystemExit(f"{error['data']['kind']}: {error['message']}\n{error['data']['hint']}")
print(answer["result"]["access_token"])
