"""An independent gRPC client: no generated code, everything it knows comes from reflection.

Usage: client.py HOST:PORT KEYFILE. Exits non-zero at the first thing that is not as promised.
"""

import queue
import sys
import threading
import uuid

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

EVENTS = "rapporteur.events.v1"
CHANGES = "rapporteur.changes.v1"
DEADLINE = 10


class Client:
    """Calls any method of any service that the server describes."""

    def __init__(self, address, key):
        self.channel = grpc.insecure_channel(address)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)
        self.metadata = (("authorization", f"Bearer {key}"),) if key else ()

    def message(self, full_name, **fields):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(full_name))(**fields)

    def call(self, service, method, stream=False, **fields):
        descriptor = self.pool.FindServiceByName(service).FindMethodByName(method)
        request = message_factory.GetMessageClass(descriptor.input_type)(**fields)
        answer = message_factory.GetMessageClass(descriptor.output_type)
        kind = self.channel.unary_stream if stream else self.channel.unary_unary
        stub = kind(
            f"/{service}/{method}",
            request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        return stub(request, timeout=DEADLINE * (3 if stream else 1), metadata=self.metadata)


def expect(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")
    print(f"ok: {words}")


def refusal(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    sys.exit("FAILED: the call should have been refused")


def detail(error, kind):
    for any_detail in rpc_status.from_call(error).details:
        found = kind()
        if any_detail.Unpack(found):
            return found
    sys.exit(f"FAILED: no {kind.DESCRIPTOR.name} in {error.details()}")


def main():
    address, key_file = sys.argv[1:3]
    with open(key_file, encoding="ascii") as file:
        key = file.read().strip()
    client = Client(address, key)

    services = set(client.database.get_services())
    wanted = {f"{EVENTS}.EventService", f"{EVENTS}.DialogueService", f"{CHANGES}.ChangeService",
              "rapporteur.recommendations.v1.RecommendationService", "rapporteur.gateway.v1.CoverageService"}
    expect(wanted <= services, f"reflection lists {len(services)} services")

    dialogue = client.call(f"{EVENTS}.DialogueService", "CreateDialogue", dialogue_id="python",
                           dialogue={"title": {"by_language": {"en": "A dialogue made from Python"}}},
                           request_id=str(uuid.uuid4()))
    expect(dialogue.name == "dialogues/python" and dialogue.etag, "a dialogue is made")

    seen = queue.Queue()
    watching = client.call(f"{CHANGES}.ChangeService", "Watch", stream=True, name_prefix="dialogues/python/")

    def follow():
        try:
            for answer in watching:
                if answer.HasField("change"):
                    seen.put(answer.change)
        except grpc.RpcError:
            pass

    threading.Thread(target=follow, daemon=True).start()

    request = dict(
        parent="dialogues/python", event_id="first", request_id=str(uuid.uuid4()),
        event={"kind": 6, "state": 2, "title": {"by_language": {"en": "Première réunion"}},
               "start": {"value": "2031-10-16"}, "place": {"name": "Lisbon", "country_code": "PT"}})
    event = client.call(f"{EVENTS}.EventService", "CreateEvent", **request)
    expect(event.name == "dialogues/python/events/first", "an event is made")
    again = client.call(f"{EVENTS}.EventService", "CreateEvent", **request)
    expect(again == event, "the same request makes it once")
    expect(seen.get(timeout=DEADLINE).resources[0].name == event.name, "a watcher hears of it")

    read = client.call(f"{EVENTS}.EventService", "GetEvent", name=event.name)
    expect(read == event, "it is read back the same")

    change = {"name": event.name, "etag": event.etag, "place": {"name": "Porto", "country_code": "PT"}}
    updated = client.call(f"{EVENTS}.EventService", "UpdateEvent", event=change, update_mask={"paths": ["place"]})
    expect(updated.place.name == "Porto" and updated.title == event.title, "one field is changed")
    expect(updated.etag != event.etag, "the etag moves")
    expect(seen.get(timeout=DEADLINE).rpc.endswith("UpdateEvent"), "a watcher hears of that too")

    stale = refusal(lambda: client.call(f"{EVENTS}.EventService", "UpdateEvent", event=change))
    info = detail(stale, error_details_pb2.ErrorInfo)
    expect(stale.code() == grpc.StatusCode.ABORTED, "a stale etag is refused")
    expect(info.metadata["current_etag"] == updated.etag, "and the present one is told")

    bad = dict(request, event_id="second", request_id="", event={"kind": 6, "start": {"value": "16 October"}})
    wrong = refusal(lambda: client.call(f"{EVENTS}.EventService", "CreateEvent", **bad))
    fields = {violation.field for violation in detail(wrong, error_details_pb2.BadRequest).field_violations}
    expect({"event.start.value", "event.title"} <= fields, f"wrong fields are named: {sorted(fields)}")

    nobody = Client(address, "")
    refused = refusal(lambda: nobody.call(f"{EVENTS}.EventService", "CreateEvent", **dict(request, event_id="third")))
    expect(refused.code() == grpc.StatusCode.UNAUTHENTICATED, "nobody writes without a key")
    public = nobody.call(f"{EVENTS}.EventService", "GetEvent", name=event.name)
    expect(str(public) == str(updated), "anybody reads what is public")

    page = client.call(f"{EVENTS}.EventService", "ListEvents", parent="dialogues/python")
    expect([e.name for e in page.events] == [event.name], "the list holds it")
    revisions = client.call(f"{CHANGES}.ChangeService", "ListRevisions", name=event.name).revisions
    expect([r.rpc.rsplit("/")[-1] for r in revisions] == ["UpdateEvent", "CreateEvent"], "its history is kept")
    watching.cancel()
    print("independent client: all as promised")


main()
