/** Peers, pairings and mail. */
import assert from "node:assert/strict";
import { requestMembers } from "../../client/consent/open_request.ts";
import { InboundRequest, PendingInbound } from "../../store/home/pending_inbound.ts";
import { updateGrants } from "../../store/home/grants.ts";
import { recordPassage } from "../../store/home/passages.ts";
import { OutboxProblems } from "../../store/mail/outbox_problems.ts";
import { Quarantine } from "../../store/mail/quarantine.ts";
import { bytesKey } from "../../store/mail/quarantine_record.ts";
import { handle, type Patient, PEER_SLOT, RELAY, SECRETS, SLOT } from "./patient.ts";
import { ANCIENT, findsEach, queue } from "./ailment.ts";

async function editTrust(
  patient: Patient,
  place: RegExp,
  change: (found: string) => string,
): Promise<void> {
  const file = patient.config("trust.json");
  const text = await Deno.readTextFile(file);
  const changed = text.replace(place, change);
  assert.notEqual(changed, text);
  await Deno.writeTextFile(file, changed);
}

findsEach([
  {
    check: "passages",
    name:
      "P4 ruling 9: doctor shows who was added and pinned, by which face, and that nobody proved it",
    status: "PASS",
    detail: /^2 passages recorded, 2 unproved; the last: \S+ add of did:wire:eve by mcp, unproved$/,
    async break({ home }) {
      const by = { proof: "unproved" } as const;
      await recordPassage(home, { op: "pin", face: "cli", subject: "did:wire:bob", ...by });
      await recordPassage(home, { op: "add", face: "mcp", subject: "did:wire:eve", ...by });
    },
  },
  {
    check: "token_holders",
    name: "lesson 26: doctor names who holds the token that reads our mailbox",
    status: "WARN",
    detail: /1 token holder: bob/,
    fix: /^wire rotate-slot --grants$/,
    async break(patient) {
      await updateGrants(patient.home, "test", (record) => ({ ...record, slots: [] }));
    },
  },
  {
    check: "grants",
    name: "doctor: a verified peer that has no token of ours is named",
    status: "WARN",
    detail: /bob holds no token of ours/,
    fix: /^wire rotate-slot --grants$/,
    async break(patient) {
      await updateGrants(patient.home, "test", (record) => ({ ...record, grants: [] }));
    },
  },
  {
    check: "grants",
    name: "lesson 19: doctor names a token that was taken back, and whose relay has not said so",
    status: "WARN",
    detail:
      /the token of did:wire:bob-\w+ at http:\/\/relay\.test is to be taken back for \d+ days/,
    async break(patient) {
      await updateGrants(patient.home, "test", (record) => ({
        ...record,
        grants: [
          ...record.grants,
          ...record.grants.map((entry) => ({
            ...entry,
            label: "1".repeat(32),
            revoke_since: ANCIENT,
          })),
        ],
      }));
    },
  },
  {
    check: "trust_store",
    name: "lesson 24: doctor names a pin whose DID does not commit to its key",
    status: "WARN",
    detail: /bob's DID did:wire:bob-00000000 does not commit to its key/,
    break: (patient) =>
      editTrust(
        patient,
        /"did:wire:bob-[0-9a-f]{8}",\n {6}"pinned_at"/,
        (found) => found.replace(/bob-[0-9a-f]{8}/, "bob-00000000"),
      ),
  },
  {
    check: "trust_store",
    name: "lesson 22: doctor names one key that is pinned under two names",
    status: "WARN",
    detail: /bob, robert are one key under several names/,
    async break(patient) {
      const file = patient.config("trust.json");
      const trust = JSON.parse(await Deno.readTextFile(file));
      trust.agents.robert = trust.agents.bob;
      await Deno.writeTextFile(file, JSON.stringify(trust));
    },
  },
  {
    check: "peers",
    name: "lesson 21: doctor says that a request had no answer, and what asks again",
    status: "WARN",
    detail: /bob has not answered our request in its time/,
    fix: /^wire add bob@relay\.test$/,
    break: (patient) =>
      patient.setPeer("bob", {
        relay_url: RELAY,
        slot_id: PEER_SLOT,
        slot_token: "",
        ...requestMembers(Date.parse(ANCIENT), 60, "bob@relay.test"),
      }),
  },
  {
    check: "peers",
    name: "lesson 20: doctor names a peer whose mailbox waits for our consent",
    status: "WARN",
    detail: /bob: .*private|bob: .*10\.0\.0\.5/,
    fix: /^wire allow-relay /,
    break: (patient) =>
      patient.setPeer("bob", {
        relay_url: "http://10.0.0.5:8770",
        slot_id: PEER_SLOT,
        slot_token: SECRETS.peerToken,
      }),
  },
  {
    check: "peers",
    name: "lesson 26: doctor says when relay.json gives a peer our own mailbox",
    status: "FAIL",
    detail: /gives bob our own mailbox/,
    break: (patient) =>
      patient.setPeer("bob", { relay_url: RELAY, slot_id: SLOT, slot_token: SECRETS.token }),
  },
  {
    check: "peers_reach",
    name: "lesson 6: doctor says that a peer has moved or closed its mailbox",
    status: "FAIL",
    detail: /bob cannot be written to: it has moved, or closed the mailbox/,
    break: (patient) =>
      void patient.answers.set(
        `/v1/slot/${PEER_SLOT}/state`,
        () => new Response('{"error":"mailbox moved or closed"}', { status: 410 }),
      ),
  },
  {
    check: "peers_reach",
    name: "lesson 6: doctor says that a mailbox which answers has not been fetched for days",
    status: "WARN",
    detail: /bob has fetched nothing for 3 days/,
    break: (patient) =>
      void patient.answers.set(`/v1/slot/${PEER_SLOT}/state`, () =>
        Response.json({
          slot_id: PEER_SLOT,
          event_count: 26,
          last_pull_at_unix: Math.floor(Date.now() / 1_000) - 3 * 86_400 - 60,
          responder_health: null,
        })),
  },
  {
    check: "pairings",
    name: "lesson 16: doctor says that somebody's request waits for an answer",
    status: "WARN",
    detail: /1 request to pair: carol/,
    fix: /^wire pair-list-inbound$/,
    async break(patient) {
      await new PendingInbound(patient.home).offer(InboundRequest.parse({
        peer_handle: "carol",
        peer_did: "did:wire:carol-00000000",
        peer_card: {},
        peer_relay_url: RELAY,
        peer_slot_id: PEER_SLOT,
        peer_slot_token: SECRETS.peerToken,
        event_id: "1",
        event_timestamp: ANCIENT,
        received_at: ANCIENT,
      }));
    },
  },
  {
    check: "pairings",
    name: "lesson 17: doctor says that digits wait to be compared, and shows no code",
    status: "WARN",
    detail: /^1 pairing with digits to compare$/,
    fix: /^wire pair-list$/,
    break: (patient) =>
      patient.home.pendingPairs.create({
        status: "sas_ready",
        code: "72-FP25AS",
        code_hash: "ab".repeat(32),
        relay_url: RELAY,
        role: "host",
        sas: "440253",
        peer_did: null,
        created_at: ANCIENT,
        last_error: null,
        pair_id: null,
        our_slot_id: null,
        our_slot_token: SECRETS.token,
        spake2_seed_b64: null,
      }),
  },
  {
    check: "outbox",
    name: "lesson 8: doctor names a peer whose messages do not leave, and why",
    status: "WARN",
    detail: /1 message for carol waits, the first for \d+ days: nobody of that name is pinned/,
    break: (patient) => queue(patient, patient.home.paths.stateRoot, "carol"),
  },
  {
    check: "outbox",
    name: "lesson 10: doctor says that a relay does not take a peer's messages",
    status: "WARN",
    detail: /1 message for bob waits.*its relay does not take it/,
    fix: /^wire status --peer bob$/,
    break: (patient) => queue(patient, patient.home.paths.stateRoot, "bob"),
  },
  {
    check: "outbox",
    name: "lesson 3: doctor names an outbox file that is nobody's",
    status: "WARN",
    detail: /outbox\/bob@relay\.test\.jsonl is the file of nobody/,
    fix: /^cat \S+bob@relay\.test\.jsonl >> \S+bob\.jsonl && rm /,
    break: (patient) =>
      Deno.writeTextFile(`${patient.home.file.outbox}/bob@relay.test.jsonl`, "{}\n"),
  },
  {
    check: "outbox",
    name: "ruling 1: doctor names a line that cannot be signed",
    status: "WARN",
    detail: /outbox\/bob\.jsonl, byte 7: no kind/,
    async break(patient) {
      const { files } = patient.platform;
      const { stateRoot } = patient.home.paths;
      await new OutboxProblems({ files, stateRoot }).save(handle("bob"), [{
        offset: 7,
        problem: "no kind",
      }]);
    },
  },
  {
    check: "quarantine",
    name: "lesson 2: doctor counts what was not accepted, by its reason",
    status: "WARN",
    detail: /^1 event not accepted: 1 event: signer "mallory" not in trust$/,
    fix: /wire quarantine retry$/,
    async break(patient) {
      const { files, clock } = patient.platform;
      const { stateRoot } = patient.home.paths;
      const text = '{"event_id":"x"}';
      await new Quarantine({ files, clock, stateRoot }).put([{
        key: bytesKey(text),
        record: {
          event_id: "x",
          from: "did:wire:mallory",
          reason: 'signer "mallory" not in trust',
          transient: true,
          first_seen: clock.timestamp(),
          text,
        },
      }], (did) => did === "");
    },
  },
]);
