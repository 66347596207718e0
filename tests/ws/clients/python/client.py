"""What a program of ours never wrote does with the relay: Python's `websockets`, blocking form.

Arguments: URL of the socket, slot, token. Prints what it saw as one line of JSON.
"""

import json
import sys

from websockets.sync.client import connect

url, slot, token = sys.argv[1:4]
EVENTS = [{"n": 1}, {"event_id": "python-2", "text": "é😀"}, {"event_id": "python-2"}]

with connect(url, subprotocols=["wire.v1"]) as socket:

    def ask(frame):
        socket.send(json.dumps(frame))
        while True:
            answer = json.loads(socket.recv(timeout=10))
            frames.append(answer)
            if answer.get("ref") == frame["ref"]:
                return answer

    def events():
        return [event for frame in frames for event in frame.get("events", [])]

    frames = []
    opened = ask({"op": "open", "ref": 1, "slot": slot, "token": token, "since": None})
    published = ask(
        {"op": "publish", "ref": 2, "slot": slot, "token": token, "events": EVENTS}
    )
    while len(events()) < 2:
        frames.append(json.loads(socket.recv(timeout=10)))
    socket.send(json.dumps({"op": "ack", "slot": slot, "seq": events()[-1]["seq"]}))
    # A fragmented message, as this library sends an iterable.
    socket.send(iter(['{"op":"pi', 'ng","re', 'f":3}']))
    pong = json.loads(socket.recv(timeout=10))
    print(
        json.dumps(
            {
                "subprotocol": socket.subprotocol,
                "opened": opened["count"],
                "statuses": [result["status"] for result in published["results"]],
                "seqs": [event["seq"] for event in events()],
                "texts": [event["event"].get("text") for event in events()],
                "pong": pong["op"],
            }
        )
    )
