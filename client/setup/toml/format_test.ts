import assert from "node:assert/strict";
import { toml } from "./format.ts";
import type { Edited, Plain } from "../format.ts";

const PATH = ["mcp_servers", "wire"];
const VALUE = { command: "/opt/a b/wire", args: ["mcp"], env: { DENO_DIR: "/x" } };
const BLOCK = '[mcp_servers.wire]\ncommand = "/opt/a b/wire"\nargs = [ "mcp" ]\n' +
  '[mcp_servers.wire.env]\nDENO_DIR = "/x"\n';

const text = (edited: Edited): string => {
  assert.ok(edited.ok, edited.ok ? "" : edited.problem);
  return edited.text;
};

const MINE = '# mine\nmodel = "m" # why\n\n[mcp_servers.docs]\ncommand = "npx"\nargs = [\n' +
  '  "-y", # yes\n  "docs",\n]\n\n# the end\n';

Deno.test("toml: a table is added at the end, and everything else stays as it is", () => {
  assert.equal(text(toml.set("", PATH, VALUE)), BLOCK);
  assert.equal(text(toml.set(MINE, PATH, VALUE)), `${MINE}\n${BLOCK}`);
  const crlf = text(toml.set("a = 1\r\n", PATH, VALUE));
  assert.ok(crlf.startsWith("a = 1\r\n\r\n[mcp_servers.wire]\r\n"));
  assert.ok(!/[^\r]\n/.test(crlf));
});

Deno.test("toml: what is read is what was set", () => {
  assert.deepEqual(toml.read(text(toml.set(MINE, PATH, VALUE)), PATH), { ok: true, value: VALUE });
  assert.deepEqual(toml.read(MINE, PATH), { ok: true, value: undefined });
});

Deno.test("toml: one value of a table is replaced, also one of several lines", () => {
  const path = ["mcp_servers", "docs", "args"];
  assert.equal(
    text(toml.set(MINE, path, ["mcp"])),
    MINE.replace(/args = \[[^\]]*\]/, 'args = [ "mcp" ]'),
  );
  assert.equal(
    text(toml.set(MINE, ["mcp_servers", "docs", "cwd"], "/w")),
    MINE.replace("docs]\n", 'docs]\ncwd = "/w"\n'),
  );
  assert.equal(
    text(toml.set(MINE, ["mcp_servers", "docs", "env", "K"], "v")),
    `${MINE}\n[mcp_servers.docs.env]\nK = "v"\n`,
  );
});

Deno.test("toml: taken out again, the text is as it was", () => {
  for (const before of [MINE, "a = 1\n", "[x]\ny = 1\n"]) {
    assert.equal(text(toml.remove(text(toml.set(before, PATH, VALUE)), PATH)), before);
  }
  const between = `${BLOCK}\n# about b\n[b]\nc = 1\n`;
  assert.equal(text(toml.remove(between, PATH)), "\n# about b\n[b]\nc = 1\n");
});

Deno.test("toml: what cannot be edited without losing something is refused", () => {
  const refused = (before: string, path: readonly string[], value: Plain): void => {
    const edited = toml.set(before, path, value);
    assert.ok(!edited.ok, before);
  };
  refused('mcp_servers = { wire = { command = "x" } }\n', [...PATH, "command"], "y");
  refused("mcp_servers = { a = 1 }\n", PATH, VALUE);
  refused("mcp_servers = 3\n", PATH, VALUE);
  refused('mcp_servers.wire.command = "x"\n', [...PATH, "command"], "y");
  refused("a = \n", PATH, VALUE);
  const problem = toml.read("a = \n", PATH);
  assert.ok(!problem.ok && problem.problem !== "");
});
