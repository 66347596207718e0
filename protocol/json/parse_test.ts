import assert from "node:assert/strict";
import { checkSize, decodeUtf8, JsonError, parseJson, utf8Length } from "./parse.ts";
import { printJson } from "./print.ts";
import { isJsonObject, JsonNumber, member, plain, stringMember, withMembers } from "./value.ts";

const refuses = (reason: string) => (error: unknown): boolean =>
  error instanceof JsonError && error.reason === reason && error.code === "bad_json" &&
  !error.message.includes("\n") && !error.message.endsWith(".");

Deno.test("numbers keep their spelling", () => {
  const text = "[1.0,1e+16,9007199254740993,-0,1E2,0.10,18446744073709551616]";
  assert.equal(printJson(parseJson(text)), text);
  assert.deepEqual(parseJson("1.0"), new JsonNumber("1.0"));
});

Deno.test("127 containers inside each other are read, 128 are not", () => {
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    const nested = (levels: number) => open.repeat(levels) + "1" + close.repeat(levels);
    assert.equal(printJson(parseJson(nested(127))), nested(127));
    assert.throws(() => parseJson(nested(128)), refuses("too_deep"));
    assert.throws(() => parseJson(nested(500_000)), refuses("too_deep"));
    assert.throws(() => parseJson(nested(4), { maxDepth: 3 }), refuses("too_deep"));
    assert.throws(() => parseJson(nested(128), { maxDepth: 1000 }), refuses("too_deep"));
  }
});

Deno.test("the size limit counts UTF-8 bytes and lets exactly that many pass", () => {
  for (const text of ['"aaaa"', '"éé"', '"😀"', '"中a"']) {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length);
    assert.equal(parseJson(text, { maxBytes: utf8Length(text) }), JSON.parse(text));
    assert.throws(
      () => parseJson(text, { maxBytes: utf8Length(text) - 1 }),
      refuses("too_large"),
    );
  }
  assert.throws(() => checkSize("aaaa", 3), refuses("too_large"));
});

Deno.test("of repeated members the last wins, or the text is refused: as the caller says", () => {
  for (
    const text of ['{"a":1,"b":2,"a":3}', '{"a":1,"a":3,"b":2}', '{"b":2,"a":1,"\\u0061":3}']
  ) {
    assert.equal(printJson(parseJson(text)), '{"a":3,"b":2}');
    assert.throws(
      () => parseJson(text, { repeatedMembers: "refuse" }),
      refuses("repeated_member"),
    );
  }
  assert.throws(
    () => parseJson('[{"x":{"__proto__":1,"__proto__":2}}]', { repeatedMembers: "refuse" }),
    refuses("repeated_member"),
  );
  assert.equal(
    printJson(parseJson('{"b":{"a":1},"a":{"a":1}}', { repeatedMembers: "refuse" })),
    '{"a":{"a":1},"b":{"a":1}}',
  );
});

Deno.test("half a character is refused as escape, as text and in a name", () => {
  for (const text of ['"\\ud83d"', '"\\ude00\\ud83d"', '"\ud83d"', '{"\\udead":1}', '"\\ud83dx"']) {
    assert.throws(() => parseJson(text), refuses("lone_surrogate"));
  }
  assert.equal(parseJson('"\\ud83d\\ude00"'), "😀");
});

Deno.test("members named as parts of Object are ordinary members and change nothing", () => {
  const value = parseJson('{"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2}');
  assert.ok(isJsonObject(value));
  assert.equal(Object.getPrototypeOf(value), null);
  assert.equal(
    printJson(value),
    '{"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2}',
  );
  const ordinary = plain(value);
  assert.equal(Reflect.get({}, "polluted"), undefined);
  assert.equal(Object.getPrototypeOf(ordinary), Object.prototype);
  assert.deepEqual(Object.keys(Object(ordinary)), ["__proto__", "constructor", "hasOwnProperty"]);
  assert.equal(stringMember({}, "toString"), undefined);
  assert.equal(member({ a: undefined }, "a"), undefined);
  assert.equal(
    printJson(withMembers(value, { constructor: undefined, z: "!" })),
    '{"__proto__":{"polluted":true},"hasOwnProperty":2,"z":"!"}',
  );
});

Deno.test("a syntax error says where, what was wanted and what was there", () => {
  for (
    const [text, message] of [
      ['{"a":1,}', 'Cannot read JSON at 7: expected a member name in double quotes, got "}"'],
      ["", "Cannot read JSON at 0: expected a value, got the end"],
      ["[1 2]", 'Cannot read JSON at 3: expected "," or "]", got "2"'],
      ['{"a" 1}', 'Cannot read JSON at 5: expected ":", got "1"'],
      ["\ufeff{}", 'Cannot read JSON at 0: expected a value, got "\\u{feff}"'],
      ["[1\u202e]", 'Cannot read JSON at 2: expected "," or "]", got "\\u{202e}"'],
      ["tru", 'Cannot read JSON at 0: expected a value, got "t"'],
      ["{} x", 'Cannot read JSON at 3: expected the end of the text, got "x"'],
      [
        '"a',
        'Cannot read JSON at 0: expected a string without control characters, closed by a quote, got "\\""',
      ],
    ] as const
  ) {
    assert.throws(() => parseJson(text), { message });
    assert.throws(() => parseJson(text), refuses("syntax"));
  }
});

Deno.test("bytes that are not UTF-8 are a typed error; a byte order mark is kept and refused", () => {
  assert.throws(() => decodeUtf8(Uint8Array.of(0x22, 0xff, 0x22)), refuses("bad_utf8"));
  assert.throws(() => decodeUtf8(Uint8Array.of(0xed, 0xa0, 0xbd)), refuses("bad_utf8"));
  const marked = decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31));
  assert.throws(() => parseJson(marked), refuses("syntax"));
});

Deno.test("plain gives ordinary values", () => {
  assert.deepEqual(plain(parseJson('{"b":[1.5,{"c":null}],"a":1e2}')), {
    b: [1.5, { c: null }],
    a: 100,
  });
  assert.deepEqual(plain({ gone: undefined, here: 1 }), { here: 1 });
});
