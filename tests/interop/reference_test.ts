/** The reference peer itself: it must give every value that the real 0.5.19 gave. */
import assert from "node:assert/strict";
import {
  at,
  isList,
  isObject,
  object,
  parse,
  print,
  type Ref,
  text,
  tryParse,
  without,
} from "./reference/json.ts";
import {
  bare,
  cardProblem,
  eventProblem,
  handleOf,
  hash,
  hex,
  signEvent,
  utf8,
} from "./reference/keys.ts";
import { codeHash, dashed, message, open, sas, sharedKey } from "./reference/spake2.ts";

async function vectors(file: string): Promise<Ref> {
  return parse(await Deno.readTextFile(new URL(`../vectors/${file}.json`, import.meta.url)));
}

function cases(value: Ref, ...path: string[]): readonly Ref[] {
  const list = at(value, ...path);
  assert.ok(isList(list) && list.length > 0, path.join("."));
  return list;
}

const bytes = (value: Ref, ...path: string[]): Uint8Array =>
  Uint8Array.fromHex(text(value, ...path));

Deno.test("reference: canonical text and ids, numbers that its reader takes wrongly included", async () => {
  const file = await vectors("canonical");
  for (const one of cases(file, "cases")) {
    const value = parse(text(one, "input"));
    const strip = (...names: string[]) => print(isObject(value) ? without(value, ...names) : value);
    assert.equal(strip("signature", "public_key_id"), text(one, "canonical"));
    const strict = strip("signature", "public_key_id", "event_id");
    assert.equal(strict, text(one, "canonical_strict"));
    assert.equal(hex(hash(utf8(strict))), text(one, "event_id"));
  }
  for (const one of cases(file, "inexact_floats")) {
    const value = object(parse(text(one, "input")));
    const strict = print(without(value, "signature", "public_key_id", "event_id"));
    assert.equal(strict, text(one, "reference_canonical"));
  }
  for (const one of cases(file, "rejected_inputs")) {
    assert.equal(tryParse(text(one, "input")), undefined, text(one, "name"));
  }
});

Deno.test("reference: events are signed and judged as 0.5.19 does", async () => {
  const file = await vectors("events");
  const trust = at(file, "trust") ?? null;
  const seeds = new Map(
    cases(file, "identities").map((one) => [text(one, "handle"), one] as const),
  );
  for (const one of cases(file, "valid")) {
    const signer = seeds.get(text(one, "signer"));
    assert.ok(signer);
    const did = text(at(one, "unsigned"), "from");
    const signed = signEvent(object(one, "unsigned"), { seed: bytes(signer, "seed_hex"), did });
    assert.equal(print(signed), print(object(one, "signed")), text(one, "name"));
  }
  for (const one of [...cases(file, "valid"), ...cases(file, "tampered")]) {
    const event = at(one, "event") ?? at(one, "signed") ?? null;
    const override = at(one, "trust_override");
    const problem = eventProblem(event, override === undefined ? trust : override);
    const expected = at(one, "verdict", "ok") === true
      ? undefined
      : text(one, "verdict", "message");
    assert.equal(problem?.reason, expected, text(one, "name"));
  }
});

Deno.test("reference: cards and names", async () => {
  const file = await vectors("cards");
  for (const one of [...cases(file, "valid"), ...cases(file, "tampered")]) {
    const problem = cardProblem(at(one, "card") ?? at(one, "signed"));
    assert.equal(problem === undefined, at(one, "verdict", "ok"), text(one, "name"));
  }
  for (const one of cases(file, "did_to_handle")) {
    assert.equal(handleOf(text(one, "did")), text(one, "handle"));
  }
  for (const one of cases(file, "bare_handle")) {
    assert.equal(bare(text(one, "input")), text(one, "bare"));
  }
});

Deno.test("reference: code phrase, SPAKE2, digits and sealed bootstrap", async () => {
  for (const one of cases(await vectors("code_hash"), "hashes")) {
    assert.equal(codeHash(text(one, "code")), text(one, "code_hash"));
  }
  for (const one of cases(await vectors("spake2"), "cases")) {
    const code = text(one, "password_text");
    if (text(one, "code_hash") === "") continue;
    for (const [side, other] of [["side_a", "side_b"], ["side_b", "side_a"]] as const) {
      const seed = bytes(one, side, "seed_hex");
      assert.equal(hex(message(code, seed)), text(one, side, "message_hex"));
      const key = sharedKey(code, seed, bytes(one, other, "message_hex"));
      assert.equal(hex(key), text(one, "key_hex"));
      assert.equal(dashed(sas(key)), text(one, "sas_display"));
    }
  }
  for (const one of cases(await vectors("aead"), "cases")) {
    const plaintext = open(
      bytes(one, "spake_key_hex"),
      text(one, "code"),
      bytes(one, "sealed_hex"),
    );
    assert.equal(hex(plaintext), text(one, "plaintext_hex"));
  }
});
