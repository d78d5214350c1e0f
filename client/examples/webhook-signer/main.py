"""Signs the body of a webhook with a key that no other program gets."""

import hashlib
import hmac


def run(args, context):
    body = args["body"].encode()
    signature = hmac.new(context["secrets"]["SIGNING_KEY"].encode(), body, hashlib.sha256).hexdigest()
    signed = context["storage"].get("signed", 0) + 1
    print(f"Signed {signed} so far.")
    return {"response": f"sha256={signature}", "storage": {"signed": signed}}
