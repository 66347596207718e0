"""Ids of things that exist, and the tokens that go with them: a document names neither."""

import json
import os
import random
from urllib.request import Request, urlopen

import schemathesis

known = json.loads(os.environ["WIRE_KNOWN"])
slot = known["slots"][0]
kept = {slot["slot_id"]}
tokens = {one["slot_id"]: one["token"] for one in known["slots"]}
tokens |= {pairing["pair_id"]: pairing["token"] for pairing in known["pairings"]}
tokens |= {nick: slot["token"] for nick in known["nicks"]}
dice = random.Random(1)


def is_turn():
    """Some requests are left as they were made, so that what does not exist is asked for, too."""
    return dice.random() < 0.7


def is_closing(method, path):
    return (method, path) == ("DELETE", "/v1/slot/{slot_id}")


def existing(name, method, path):
    """The value of a path parameter, or None where it is to stay as it is."""
    if name == "slot_id":
        return known["slots"][1]["slot_id"] if is_closing(method, path) else slot["slot_id"]
    if name == "grant_id":
        return known["grants"][0]
    if name == "nick":
        return known["nicks"][0]
    if name == "place":
        is_claim = (method, path) == ("POST", "/v1/pair2/{place}")
        return known["nameplates"][0] if is_claim else known["pairings"][0]["pair_id"]
    return None


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    method, path = context.operation.method.upper(), context.operation.path
    # A guest has six attempts.
    if path_parameters and (is_turn() or (method, path) == ("POST", "/v1/pair2/{place}")):
        for name in path_parameters:
            path_parameters[name] = existing(name, method, path) or path_parameters[name]
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    if context.operation.path.startswith("/.well-known/") and query is not None and is_turn():
        return {**query, "handle": known["nicks"][0]}
    return query


@schemathesis.hook
def map_body(context, body):
    """What is signed fits no schema: something whole now and then."""
    whole = known["bodies"].get(f"{context.operation.method.upper()} {context.operation.path}")
    return json.loads(whole) if whole is not None and is_turn() else body


def claim_again():
    """A nick that was taken away is asked for again at once, without a token: it has to be there."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {slot['token']}"}
    body = known["bodies"]["POST /v1/handle/claim"].encode()
    with urlopen(Request(known["url"] + "/v1/handle/claim", body, headers)) as answer:
        answer.read()


@schemathesis.hook
def after_call(context, case, response):
    if case.operation.method.upper() == "DELETE" and "/handle/claim/" in case.operation.path:
        claim_again()
    if response.status_code != 201:
        return
    try:
        made = response.json()
    except ValueError:
        return
    if "slot_token" in made:
        tokens[made["slot_id"]] = made["slot_token"]
    if "side_token" in made:
        tokens[made["pair_id"]] = made["side_token"]


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        names = list((case.path_parameters or {}).values())
        if isinstance(case.body, dict):
            names.append(case.body.get("slot_id"))
        # A link may lead from a mailbox that others still need to its end.
        closes = is_closing(case.operation.method.upper(), case.operation.path)
        usable = {name: token for name, token in tokens.items() if not (closes and name in kept)}
        # A name may be a list, or anything else that fits no schema.
        return next((usable[n] for n in names if isinstance(n, str) and n in usable), "0" * 64)

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"
