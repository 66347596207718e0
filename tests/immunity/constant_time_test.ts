/**
 * Secrets are compared in constant time, and where: a lint over the syntax trees of every file that
 * holds one finds comparisons that stop at the first difference. What it finds and is right all the
 * same is listed here with its reason; an entry that is found no more fails, too.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** Files and folders in which somebody else's guess may meet a secret of ours. */
const PLACES = [
  "relay/",
  "store/slots/",
  "store/directory/",
  "store/home/grants.ts",
  "store/home/pending_invites.ts",
  "store/home/pair2_records.ts",
  "store/home/pending_pairs.ts",
  "protocol/pair2/",
  "protocol/pairing/",
  "protocol/invite/",
  "client/pairing/",
  "client/pair2/",
  "client/grants/",
  "client/invite/",
  "client/operations/pair_confirm.ts",
] as const;

/** By the last word of a name: `slotToken`, `token_hash`, `our_sas`. */
const SECRET =
  /(?:^|[a-z_#])(?:tokens?|bearer|digits|sas|mac|hmac|secret|seed|nonce|claim|hash|words|password|digest|proof|sealed)$/i;

const SEARCHES = new Set([
  "includes",
  "startsWith",
  "endsWith",
  "indexOf",
  "lastIndexOf",
  "search",
]);

function nameOf(node: Deno.lint.Node): string | undefined {
  switch (node.type) {
    case "Identifier":
      return node.name;
    case "PrivateIdentifier":
      return node.name;
    case "MemberExpression":
      return node.property.type === "Literal" ? String(node.property.value) : nameOf(node.property);
    case "CallExpression":
      return nameOf(node.callee);
    case "AwaitExpression":
      return nameOf(node.argument);
    case "ChainExpression":
    case "TSNonNullExpression":
    case "TSAsExpression":
      return nameOf(node.expression);
    case "TemplateLiteral":
      return node.expressions.map(nameOf).find((name) => SECRET.test(name ?? ""));
    default:
      return undefined;
  }
}

const isSecret = (node: Deno.lint.Node): boolean => SECRET.test(nameOf(node) ?? "");

/** Absence, a kind or a count is no guess at a value. */
const tellsNothing = (node: Deno.lint.Node): boolean =>
  node.type === "Literal" || node.type === "UnaryExpression" || nameOf(node) === "undefined" ||
  nameOf(node) === "length";

const plugin: Deno.lint.Plugin = {
  name: "secrets",
  rules: {
    compare: {
      create: (context) => ({
        BinaryExpression(node) {
          if (!/^[!=]==?$/.test(node.operator)) return;
          const { left, right } = node;
          if (left.type === "PrivateIdentifier" || tellsNothing(left) || tellsNothing(right)) {
            return;
          }
          if (!isSecret(left) && !isSecret(right)) return;
          context.report({ node, message: context.sourceCode.getText(node) });
        },
        CallExpression(node) {
          const { callee, arguments: given } = node;
          if (callee.type !== "MemberExpression" || !SEARCHES.has(nameOf(callee) ?? "")) return;
          if (given.every((it) => it.type === "Literal" || !isSecret(it))) return;
          context.report({ node, message: context.sourceCode.getText(node) });
        },
      }),
    },
  },
};

const findings = (file: string, source: string): string[] =>
  Deno.lint.runPlugin(plugin, file, source).map(({ message }) => message.replaceAll(/\s+/g, " "));

async function* sources(place: string): AsyncIterable<string> {
  if (place.endsWith(".ts")) return yield place;
  for await (const { name, isDirectory } of Deno.readDir(new URL(place, root))) {
    if (isDirectory && name !== "fake") yield* sources(`${place}${name}/`);
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) yield place + name;
  }
}

/** `file: expression`, each with the reason why its time tells nothing worth knowing. */
const HARMLESS: Readonly<Record<string, string>> = {
  "client/grants/mint.ts: token === mailbox.slotToken":
    "both come from the relay that answers, which is the one that could measure",
  "client/invite/pinning.ts: route.slot_token === slotToken": "what we wrote, read back",
  "client/pairing/write_peer.ts: route.slot_token === mailbox.slotToken":
    "what we wrote, read back",
  "client/operations/pair_confirm.ts: count !== SAS_DIGITS": "how many digits there are",
  "protocol/pairing/machine.ts: event.sas !== state.sas":
    "not typed by anybody: computed from the peer's message, and the first difference ends it all",
  "protocol/pairing/pair_record.ts: codeHash(code) !== record.code_hash":
    "two members of our own file",
  "relay/pair2_slots.ts: currentOf(place).guestClaim === sha256Hex(claim)":
    "hashes of 128 random bits: a known beginning of one leads to no claim",
  "relay/pair2_slots.ts: known?.hostClaim === hash": "as above, and found by that very hash before",
  "relay/pair2_slots.ts: place?.hostClaim === name": "as above",
  "relay/pair2_slots.ts: winner?.hostClaim !== hash": "as above",
  "relay/pair_slots.ts: before === sealed": "ciphertext, which whoever asks may read anyway",
  "relay/receipts.ts: appended.digest === digestOf(text)":
    "the digest of what is stored is told to whoever posts a duplicate",
  "store/home/pending_invites.ts: result.data.nonce === nonce":
    "the file was opened by that very nonce: this finds one that was renamed",
};

Deno.test("P5: no secret is compared by an operator whose time tells how much of a guess is right", async () => {
  const found: string[] = [];
  for (const place of PLACES) {
    for await (const file of sources(place)) {
      const source = await Deno.readTextFile(new URL(file, root));
      const path = fileURLToPath(new URL(file, root));
      found.push(...findings(path, source).map((text) => `${file}: ${text}`));
    }
  }
  assert.deepEqual([...new Set(found)].sort(), Object.keys(HARMLESS).sort());
});

Deno.test("the lint finds every usual way to compare a secret, and no other comparison", () => {
  const caught = [
    "token === given",
    "slot.slotToken !== given",
    "given == state.sas",
    "(await hashOf(a).digest) === b",
    "sha256Hex(x) === meeting.guestClaim",
    "this.#seed === seed",
    'row["token_hash"] === hash',
    "stored.includes(token)",
    "`Bearer ${slotToken}` === header",
    "header.endsWith(slotToken)",
  ];
  for (const text of caught) assert.deepEqual(findings("/a.ts", `f(${text});`).length, 1, text);
  const passed = [
    "token === undefined",
    "sas !== null",
    'typeof token === "string"',
    "digits.length === wanted.length",
    'state.tag === "sas_ready"',
    "did === other.did",
    "timingSafeEqual(hash, tokenHash)",
    'token.startsWith("x")',
  ];
  for (const text of passed) assert.deepEqual(findings("/a.ts", `f(${text});`), [], text);
});
