"""What python-dotenv reads in each of the texts on standard input."""

import json
import logging
import sys
import tempfile

from dotenv.main import DotEnv

logging.disable(logging.CRITICAL)


def read(text):
    # Opened by python-dotenv itself, which is where line ends are made alike.
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode("utf-8"))
        file.flush()
        return DotEnv(file.name, encoding="utf-8").dict()


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
