/** The published program as a host starts it: what goes in and out, and how it ends. */
import assert from "node:assert/strict";
import { runWire, startWire } from "../../scripts/wire_process.ts";
import { Message } from "./raw_client.ts";

async function withHome(work: (home: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "wire-mcp-" });
  try {
    await work(`${directory}/ann`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const request = (id: number, method: string, params: Record<string, unknown> = {}): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

const WAIT = { name: "wire_wait", arguments: { timeout_secs: 3600 } };
const INIT = { name: "wire_init", arguments: { handle: "ann" } };

Deno.test("mcp: at the end of standard input the program ends, whatever still waits, and has said nothing but the protocol", async () => {
  await withHome(async (home) => {
    const lines = [request(1, "tools/call", WAIT), "nonsense", request(2, "tools/call", INIT)];
    // The last line has no end.
    const stdin = `${lines.join("\n")}\n${request(3, "ping")}`;
    const { code, stdout, stderr } = await runWire(["mcp"], { home, stdin });
    assert.deepEqual([code, stderr], [0, ""]);
    const said = stdout.trimEnd().split("\n").map((line) => Message.parse(JSON.parse(line)));
    const ids = said.map(({ id }) => id);
    assert.ok(ids.includes(3) && ids.includes(null) && !ids.includes(1), stdout);
  });
});

Deno.test("mcp: SIGTERM ends it cleanly", async () => {
  await withHome(async (home) => {
    await using process = startWire(["mcp"], { home });
    await process.write(`${request(1, "ping")}\n`);
    await process.line("stdout", /"id":1/);
    process.kill("SIGTERM");
    assert.equal((await process.finished()).code, 0);
  });
});

Deno.test("mcp --http: says where it listens, on a port that was free, and SIGTERM ends it", async () => {
  await withHome(async (home) => {
    await using process = startWire(["mcp", "--http", "127.0.0.1:0", "--json"], { home });
    const [line] = await process.line("stdout", /^\{.*\}$/);
    const { url, token_file } = JSON.parse(line);
    const token = (await Deno.readTextFile(token_file)).trim();
    assert.ok(!process.text("stdout").includes(token) && !process.text("stderr").includes(token));
    const reply = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    assert.ok(reply.status >= 400 && reply.status < 500, "a GET without a session");
    await reply.body?.cancel();
    process.kill("SIGTERM");
    assert.equal((await process.finished()).code, 0);
  });
});
