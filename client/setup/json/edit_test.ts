import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../../../tests/runs.ts";
import { nodeAt, type Plain, plainOf, removeMember, setMember } from "./edit.ts";
import { scanJson } from "./scan.ts";

const JSON_ONLY = { comments: false };
const WITH_COMMENTS = { comments: true };
const PATH = ["mcpServers", "wire"];
const VALUE = { command: "wire", args: ["mcp"] };

const set = (text: string, dialect = WITH_COMMENTS, path = PATH, value: Plain = VALUE): string => {
  const result = setMember(text, path, { value, dialect });
  assert.ok(result.ok, result.ok ? "" : result.problem);
  return result.text;
};

const problem = (text: string, dialect = JSON_ONLY): string => {
  const result = setMember(text, PATH, { value: VALUE, dialect });
  assert.ok(!result.ok);
  return result.problem;
};

Deno.test("json edit: the first server of an empty file, and one more beside others", () => {
  const first = '{\n  "mcpServers": {\n    "wire": {\n      "command": "wire",\n' +
    '      "args": [\n        "mcp"\n      ]\n    }\n  }\n}';
  assert.equal(set("{}"), first);
  assert.equal(set("{ }\n"), first + "\n");
  assert.equal(
    set('{\n\t"z": 1.0,\n\t"mcpServers": {\n\t\t"a": {}\n\t},\n\t"b": 1e400\n}\n'),
    '{\n\t"z": 1.0,\n\t"mcpServers": {\n\t\t"a": {},\n\t\t"wire": {\n\t\t\t"command": "wire",\n' +
      '\t\t\t"args": [\n\t\t\t\t"mcp"\n\t\t\t]\n\t\t}\n\t},\n\t"b": 1e400\n}\n',
  );
});

Deno.test("json edit: a file in one line stays in one line", () => {
  assert.equal(
    set('{"a":1}'),
    '{"a":1,"mcpServers":{"wire":{"command":"wire","args":["mcp"]}}}',
  );
  assert.equal(
    set('{ "mcpServers": {} }'),
    '{ "mcpServers": {"wire":{"command":"wire","args":["mcp"]}} }',
  );
});

Deno.test("json edit: line ends and a byte order mark stay what they are", () => {
  const text = set('\ufeff{\r\n  "a": 1\r\n}\r\n');
  assert.ok(text.startsWith('\ufeff{\r\n  "a": 1,\r\n  "mcpServers": {\r\n'));
  assert.ok(!/[^\r]\n/.test(text));
});

Deno.test("json edit: comments and trailing commas stay, and with the member that they are about", () => {
  const text = '// mine\n{\n  "servers": {\n    "a": {}, // first\n    /* last */ "b": {} // b\n' +
    "    // nothing below\n  }, // all\n}\n";
  const result = set(text, WITH_COMMENTS, ["servers", "wire"], 1);
  assert.equal(
    result,
    text.replace('"b": {} // b', '"b": {}, // b')
      .replace("// nothing below\n", '// nothing below\n    "wire": 1\n'),
  );
  const trailing = '{\n  "a": 1, // x\n}';
  assert.equal(
    set(trailing, WITH_COMMENTS, ["w"], 2),
    '{\n  "a": 1, // x\n  "w": 2,\n}',
  );
});

Deno.test("json edit: what is there is replaced, and nothing else of its object", () => {
  const text = '{"mcpServers":{"wire":{"command":"old","args":[],"env":{"K":"v"}}}}';
  assert.equal(
    set(text, JSON_ONLY, [...PATH, "command"], "new"),
    text.replace("old", "new"),
  );
});

Deno.test("json edit: what does not parse, or is unclear, is refused with the place", () => {
  assert.equal(problem('{\n  // mine\n  "a": 1\n}'), "line 2: a comment");
  assert.equal(problem('{\n  "a": 1,\n}'), "line 3: trailing comma");
  assert.equal(problem('{"a": 1} x'), "line 1: more after the end");
  assert.equal(problem("[1]"), "the file is not an object");
  assert.equal(problem('{"mcpServers": []}'), "mcpServers is not an object");
  assert.equal(
    problem('{"mcpServers": {}, "mcpServers": {}}'),
    'the file has "mcpServers" more than once',
  );
  assert.match(problem("[".repeat(1_000)), /nested too deep/);
  for (
    const text of ['{"a', '{"a\\', '"\\x"', "01", "+1", ".5", "{'a':1}", "nul", "", '{"a":"\n"}']
  ) assert.match(problem(text), /^line 1: |^line 2: |not an object/, text);
});

Deno.test("json edit: removing takes the line and its comma, and leaves the rest", () => {
  const remove = (text: string, path: readonly string[]): string => {
    const result = removeMember(text, path, { dialect: WITH_COMMENTS });
    assert.ok(result.ok);
    return result.text;
  };
  const text = '{\n  "a": 1, // a\n  "w": { "x": 1 },\n  "b": 2\n}\n';
  assert.equal(remove(text, ["w"]), '{\n  "a": 1, // a\n  "b": 2\n}\n');
  assert.equal(remove(text, ["b"]), '{\n  "a": 1, // a\n  "w": { "x": 1 }\n}\n');
  assert.equal(remove('{"a":1,"w":2}', ["w"]), '{"a":1}');
  assert.equal(remove('{"w":2}', ["w"]), "{}");
});

const plain = fc.jsonValue({ maxDepth: 4 });
const object = fc.dictionary(fc.string().filter((key) => key !== "__proto__"), plain, {
  minKeys: 1,
}).filter((value) => !("mcpServers" in value));

Deno.test("json edit: whatever the file holds, the member is set and all else stays; removed, it is as before", () => {
  fc.assert(
    fc.property(
      object,
      fc.constantFrom("", " ", "  ", "    ", "\t"),
      fc.boolean(),
      (value, indent, isWindows) => {
        const json = JSON.stringify(value, null, indent);
        const text = isWindows ? json.replaceAll("\n", "\r\n") : json;
        const result = set(text, JSON_ONLY);
        assert.deepEqual(JSON.parse(result), { ...JSON.parse(text), mcpServers: { wire: VALUE } });
        const without = removeMember(result, ["mcpServers"], { dialect: JSON_ONLY });
        assert.ok(without.ok);
        assert.equal(without.text, text);
      },
    ),
    { numRuns: testRuns(200) },
  );
});

Deno.test("json edit: never throws, and agrees with JSON.parse on what is JSON", () => {
  const noise = fc.oneof(
    fc.json(),
    fc.string(),
    fc.stringMatching(/^[{}[\]",:0-9eE.+\- a-z/*\\\n]*$/),
  );
  fc.assert(
    fc.property(noise, (text) => {
      const scanned = scanJson(text, JSON_ONLY);
      let parsed: unknown;
      try {
        parsed = JSON.parse(text);
      } catch {
        assert.ok(!scanned.ok, text);
        return;
      }
      assert.ok(scanned.ok, text);
      assert.equal(JSON.stringify(plainOf(scanned.root)), JSON.stringify(parsed));
      scanJson(text, WITH_COMMENTS);
      nodeAt(scanned.root, PATH);
    }),
    { numRuns: testRuns(300) },
  );
});
