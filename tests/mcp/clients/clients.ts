/**
 * The tool server and programs that we did not write: Python's `mcp`, the Go SDK, and the conformance
 * suite of the protocol. A task of its own, because it needs their tools: deno task mcp:clients.
 * Whatever is missing and cannot be had is said, and fails.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { OPEN_CONSENT } from "../../../client/consent_port.ts";
import { CATALOGUE } from "../../../mcp/catalogue.ts";
import { serveOverHttp } from "../../../mcp/http/serve.ts";
import { McpHost } from "../../../mcp/host.ts";
import { wireCommand, wireEnv } from "../../../scripts/wire_process.ts";
import { DEAD_RELAY, type RealHome, realHome } from "../real_home.ts";
import { argumentsFor } from "../tool_arguments.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const URI = "wire://inbox/alice";

/** @throws with what to do, if the tool is not there and cannot be installed */
async function must(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const options = { args: [...args], ...(cwd === undefined ? {} : { cwd }) };
  const { code, stdout, stderr } = await new Deno.Command(command, options).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, `${command} ${args.join(" ")} ended with ${code}: ${err || out}`);
  return out ?? "";
}

const Seen = z.object({
  revision: z.string(),
  tools: z.array(z.string()),
  failed: z.record(z.string(), z.boolean()),
  text: z.string(),
});

const CALLS = CATALOGUE.map(({ name }) => [name, argumentsFor(name, DEAD_RELAY)]);
const MUST_WORK = ["wire_whoami", "wire_peers", "wire_send", "wire_tail", "wire_status"];

/** Lets the program do its round, with a message that comes once it listens. */
async function round(
  home: RealHome,
  [command, ...args]: readonly string[],
  way: Record<string, unknown>,
): Promise<string> {
  const asked = JSON.stringify({ ...way, uri: URI, calls: CALLS });
  const child = new Deno.Command(command ?? "", { args: [...args, asked], stdout: "piped" })
    .spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const wasListening = text.includes('"listening"');
    text += chunk;
    if (!wasListening && text.includes('"listening"')) await home.arrives("another one");
  }
  assert.equal((await child.status).code, 0);
  const seen = Seen.parse(JSON.parse(text.trimEnd().split("\n").at(-1) ?? ""));
  assert.deepEqual(seen.tools, CATALOGUE.map(({ name }) => name));
  assert.deepEqual(MUST_WORK.filter((name) => seen.failed[name] !== false), []);
  assert.match(seen.text, /the first one/);
  return seen.revision;
}

const [wire, wireArgs] = wireCommand(["mcp"]);
const overStreams = (home: RealHome) => ({
  command: wire,
  args: wireArgs,
  env: wireEnv({ home: home.path, env: { WIRE_MCP_SKIP_AUTO_UP: "1" } }),
});

interface Face extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
}

async function overHttp({ platform }: RealHome): Promise<Face> {
  const host = new McpHost(platform, { consent: OPEN_CONSENT, profile: "full" });
  const face = await serveOverHttp(host, { bind: "127.0.0.1:0", origins: [] });
  const token = (await platform.files.readText(face.tokenFile) ?? "").trim();
  return {
    url: face.url,
    token,
    async [Symbol.asyncDispose]() {
      await face[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

async function temporary<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "wire-clients-" });
  try {
    return await work(directory);
  } finally {
    // Go keeps its packages read-only elsewhere; here is only what was built.
    await Deno.remove(directory, { recursive: true });
  }
}

const loose = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "mcp clients: Python's mcp 2.3.0, both revisions, over standard streams and HTTP",
  loose,
  async () => {
    await temporary(async (directory) => {
      await must("python3", ["-m", "venv", directory]);
      const python = `${directory}/bin/python`;
      await must(python, ["-m", "pip", "install", "--quiet", "mcp==2.3.0"]);
      await using home = await realHome();
      await using face = await overHttp(home);
      const program = [python, here("./python/client.py")];
      const { url, token } = face;
      for (const [mode, revision] of [["auto", "2026-07-28"], ["legacy", "2025-11-25"]] as const) {
        assert.equal(await round(home, program, { ...overStreams(home), mode }), revision);
        assert.equal(await round(home, program, { url, token, mode }), revision);
      }
    });
  },
);

Deno.test("mcp clients: the Go SDK 1.8.0 over standard streams and HTTP", loose, async () => {
  await temporary(async (directory) => {
    for (const file of ["go.mod", "main.go"]) {
      await Deno.copyFile(here(`./go/${file}`), `${directory}/${file}`);
    }
    await must("go", ["mod", "tidy"], directory);
    await must("go", ["build", "-o", "client", "."], directory);
    await using home = await realHome();
    await using face = await overHttp(home);
    const { url, token } = face;
    const spoken = [
      await round(home, [`${directory}/client`], overStreams(home)),
      await round(home, [`${directory}/client`], { url, token }),
    ];
    for (const revision of spoken) assert.match(revision, /^202[56]-\d\d-\d\d$/);
  });
});

const SUITE = "npm:@modelcontextprotocol/conformance@0.1.16";

/** The suite knows no bearer token, and comes as a page of the very address that it calls. */
function withToken({ url, token }: Face): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => undefined };
  return Deno.serve(options, (request) => {
    const { port } = new URL(request.url);
    const { method, body } = request;
    const headers = new Headers(request.headers);
    const known = [`127.0.0.1:${port}`, `localhost:${port}`];
    // What the suite forges goes on as it is forged.
    if (!known.includes(headers.get("host") ?? "")) return new Response("", { status: 421 });
    headers.delete("host");
    if (known.some((name) => headers.get("origin") === `http://${name}`)) headers.delete("origin");
    headers.set("authorization", `Bearer ${token}`);
    return fetch(url, { method, headers, body });
  });
}

Deno.test(
  "mcp clients: the protocol's conformance suite fails where we offer nothing, and nowhere else",
  loose,
  async () => {
    await using home = await realHome();
    await using face = await overHttp(home);
    await using server = withToken(face);
    const url = `http://127.0.0.1:${server.addr.port}/mcp`;
    const baseline = here("./expected_failures.yml");
    // It ends with 1 for a failure that is not listed, and for a listed one that is none any more.
    const line = ["run", "-A", "--quiet", "--no-lock", SUITE, "server", "--url", url];
    const said = await must(Deno.execPath(), [...line, "--expected-failures", baseline]);
    assert.match(said, /server-initialize: \d+ passed, 0 failed/);
    const listed = await Deno.readTextFile(baseline);
    await temporary(async (directory) => {
      const other = `${directory}/other.yml`;
      for (const text of [`${listed}  - ping\n`, listed.replace("  - prompts-list\n", "")]) {
        assert.notEqual(text, listed);
        await Deno.writeTextFile(other, text);
        await assert.rejects(must(Deno.execPath(), [...line, "--expected-failures", other]));
      }
    });
  },
);
