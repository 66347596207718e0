/** Names, strangers' requests and short invites: docs/protocol/relay.md §5.9 to §5.14. */
import { z } from "zod";
import { PostReply } from "../../protocol/schemas/relay_api.ts";
import {
  count,
  type Descriptions,
  hex,
  page,
  type QueryParameter,
  SLOT_ID,
} from "./description.ts";

const nick = z.string();
const did = "did:wire:bob-1e5aaa0a";
const handle: QueryParameter = {
  about: "A nick; from the first @ on it is not looked at",
  schema: z.string().min(1),
  isRequired: true,
};
const listed = z.looseObject({
  claimed_at: z.string(),
  did: z.string(),
  nick,
  profile: z.looseObject({}),
});
const phonebookQuery = {
  cursor: { about: "After this nick", schema: z.string() },
  limit: { about: "From 1 to 500", schema: z.int().nonnegative().default(100) },
  vibe: { about: "Only those who have it", schema: z.string() },
};
const phonebook = {
  summary: "Who can be asked to pair, as a page",
  query: phonebookQuery,
  replies: { 200: page("The phonebook") },
};

export const DIRECTORY: Descriptions = {
  "POST /v1/handle/claim": {
    operationId: "claim",
    summary: "Take a nick, with a signed card, for the mailbox whose token it is",
    auth: "slot",
    body: {
      example: { nick: "bob", slot_id: SLOT_ID, card: {}, relay_url: "https://relay.example.org" },
    },
    replies: {
      201: {
        about: "`claimed`, or `re-claimed` by its holder",
        schema: z.looseObject({ did: z.string(), nick, status: z.string() }),
        example: { did, nick: "bob", status: "claimed" },
      },
    },
    refusals: [409, 429],
  },
  "DELETE /v1/handle/claim/:nick": {
    operationId: "unclaim",
    summary: "Give a nick back",
    auth: "slot",
    replies: {
      200: {
        about: "Free for anyone",
        schema: z.looseObject({ nick, status: z.literal("unclaimed") }),
        example: { nick: "bob", status: "unclaimed" },
      },
    },
  },
  "POST /v1/handle/intro/:nick": {
    operationId: "intro",
    summary: "Ask somebody to pair, as a stranger",
    body: { example: { event: { kind: 1100, type: "pair_drop", body: { card: {} } } } },
    replies: {
      201: {
        about: "It waits for them",
        schema: PostReply,
        example: { event_id: "0".repeat(64), status: "dropped", to_nick: "bob" },
      },
      200: {
        about: "It waited already",
        schema: PostReply,
        example: { digest: "0".repeat(32), event_id: "0".repeat(64), status: "duplicate" },
      },
    },
    refusals: [404, 410, 429],
  },
  "GET /.well-known/wire/agent": {
    operationId: "resolve",
    summary: "Who stands behind a nick, and where their mailbox is",
    query: { handle },
    replies: {
      200: {
        about: "Never with a token",
        schema: z.looseObject({
          card: z.unknown(),
          claimed_at: z.string(),
          did: z.string(),
          nick,
          relay_url: z.string().nullable(),
          slot_id: hex(32),
        }),
        example: {
          card: {},
          claimed_at: "2026-11-21T05:00:00Z",
          did,
          nick: "bob",
          relay_url: null,
          slot_id: SLOT_ID,
        },
      },
    },
    refusals: [404],
  },
  "GET /.well-known/agent-card.json": {
    operationId: "agentCard",
    summary: "The same as an A2A agent card",
    query: { handle },
    replies: {
      200: {
        about: "The wire card lies in the extension's params",
        schema: z.looseObject({ id: z.string(), name: z.string(), endpoint: z.string() }),
        example: { id: did, name: "bob", endpoint: "/v1/handle/intro/bob" },
      },
    },
    refusals: [404],
  },
  "GET /v1/handles": {
    operationId: "handles",
    summary: "Who can be asked to pair, by nick",
    query: phonebookQuery,
    replies: {
      200: {
        about: "Where there is a next_cursor there may be more",
        schema: z.looseObject({ handles: z.array(listed), next_cursor: z.string().nullable() }),
        example: {
          handles: [{
            claimed_at: "2026-11-21T05:00:00Z",
            did,
            nick: "bob",
            profile: { motto: null },
          }],
          next_cursor: null,
        },
      },
    },
  },
  "POST /v1/invite/register": {
    operationId: "inviteRegister",
    summary: "A short link for an invite",
    body: {
      schema: z.looseObject({
        invite_url: z.string().regex(/^wire:\/\/pair\?[\x21-\x7e]*$/).max(8_192),
        ttl_seconds: count.max(2 ** 53 - 1).nullish(),
        uses: count.max(2 ** 32 - 1).nullish(),
      }),
      example: { invite_url: "wire://pair?v=1&inv=abc", ttl_seconds: 3_600, uses: 1 },
    },
    replies: {
      201: {
        about: "Whoever knows the token has the invite",
        schema: z.looseObject({
          expires_unix: count,
          path: z.string(),
          token: hex(16),
          uses_remaining: count.nullable(),
        }),
        example: {
          expires_unix: 1_795_240_800,
          path: "/i/0123456789abcdef",
          token: "0123456789abcdef",
          uses_remaining: 1,
        },
      },
    },
    refusals: [409],
    links: [{ operation: "shortInvite", parameters: { token: "$response.body#/token" } }],
  },
  "GET /i/:token": {
    operationId: "shortInvite",
    summary: "The invite behind a short link: a script (one use), a page for browsers, or its URL",
    query: { format: { about: "`url`: the URL alone, which is no use", schema: z.string() } },
    replies: {
      200: { about: "Private, never stored", type: "text/x-shellscript; charset=utf-8" },
    },
    refusals: [404, 410],
  },
  "GET /phonebook": { operationId: "phonebook", ...phonebook },
  "GET /phonebook.html": { operationId: "phonebookHtml", ...phonebook },
};
