"""Runs one capability written in Python: run-python.py FOLDER ENTRY.

One JSON line on standard input has its arguments and its context. What it returns goes to descriptor 3 as one JSON line;
whatever it prints is output.
"""

import importlib.util
import inspect
import json
import os
import sys
import traceback


def main():
    folder, entry = sys.argv[1:3]
    file = os.path.join(folder, entry)
    os.set_inheritable(3, False)
    request = json.loads(sys.stdin.buffer.readline())
    sys.argv = [file]
    # In place of the folder of this file.
    sys.path[0] = os.path.dirname(file)
    if folder not in sys.path:
        sys.path.insert(1, folder)
    try:
        answer = json.dumps({"type": "result", **result_of(run(file, request))}, allow_nan=False)
        status = 0
    except Exception as error:
        traceback.print_exc()
        answer = json.dumps({"type": "error", "message": sentence(error)})
        status = 1
    with os.fdopen(3, "w", encoding="utf-8") as channel:
        channel.write(answer + "\n")
    sys.exit(status)


def run(file, request):
    function = getattr(load(file), "run", None)
    if not callable(function):
        raise TypeError("the entry defines no function run")
    args = [request["args"], request["context"]] if takes_context(function) else [request["args"]]
    returned = function(*args)
    return completed(returned) if inspect.isawaitable(returned) else returned


def load(file):
    name = os.path.splitext(os.path.basename(file))[0]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("the entry is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def takes_context(function):
    """Older ones are run(args)."""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:
        pass
    return True


def completed(awaitable):
    import asyncio

    async def wait():
        return await awaitable

    return asyncio.run(wait())


def result_of(returned):
    if returned is None:
        return {"response": ""}
    if isinstance(returned, str):
        return {"response": returned}
    if isinstance(returned, dict) and isinstance(returned.get("response"), str):
        storage = returned.get("storage")
        return {"response": returned["response"], "storage": {} if storage is None else storage}
    raise TypeError("run returned neither a string nor a dict with a string named response")


def sentence(error):
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


main()
