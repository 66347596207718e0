/**
 * Clients that are not ours, of two generations, over both ways in: each initialises, lists, calls every
 * tool, reads, subscribes and is told. They check every result against the listed output schemas.
 */
import assert from "node:assert/strict";
import { Client as NewClient, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as OldHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { OPEN_CONSENT } from "../../client/consent_port.ts";
import { CATALOGUE } from "../../mcp/catalogue.ts";
import { serveOverHttp } from "../../mcp/http/serve.ts";
import { McpHost } from "../../mcp/host.ts";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { DEAD_RELAY, type RealHome, realHome } from "./real_home.ts";
import { argumentsFor } from "./tool_arguments.ts";

interface Called {
  readonly isError: boolean;
  readonly structured: unknown;
}

/** What every client can do, in whatever way it does it. */
interface AnyClient {
  readonly revision: string | undefined;
  tools(): Promise<readonly string[]>;
  call(name: string, args: Record<string, unknown>): Promise<Called>;
  read(uri: string): Promise<string>;
  /** Resolves when it listens; `updated` is the first address that it is told of. */
  listen(uri: string): Promise<{ readonly updated: Promise<string> }>;
  close(): Promise<void>;
}

const INFO = { name: "not-ours", version: "1" };
const INBOX = "wire://inbox/alice";

type NewTransport = Parameters<NewClient["connect"]>[0];
type OldTransport = Parameters<OldClient["connect"]>[0];

async function newClient(transport: NewTransport, mode: "auto" | "legacy"): Promise<AnyClient> {
  const client = new NewClient(INFO, { versionNegotiation: { mode } });
  await client.connect(transport);
  return {
    revision: client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call(name, args) {
      const { isError, structuredContent } = await client.callTool({ name, arguments: args });
      return { isError: isError === true, structured: structuredContent };
    },
    async read(uri) {
      const [contents] = (await client.readResource({ uri })).contents;
      return contents !== undefined && "text" in contents ? contents.text : "";
    },
    async listen(uri) {
      const { promise, resolve } = Promise.withResolvers<string>();
      client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
        resolve(params.uri);
      });
      if (mode === "auto") await client.listen({ resourceSubscriptions: [uri] });
      else await client.subscribeResource({ uri });
      return { updated: promise };
    },
    close: () => client.close(),
  };
}

const Listed = z.object({ tools: z.array(z.object({ name: z.string() })) });
const Updated = z.object({ params: z.object({ uri: z.string() }) });

async function oldClient(transport: OldTransport): Promise<AnyClient> {
  const client = new OldClient(INFO);
  await client.connect(transport);
  return {
    revision: undefined,
    tools: async () => Listed.parse(await client.listTools()).tools.map(({ name }) => name),
    async call(name, args) {
      const { isError, structuredContent } = await client.callTool({ name, arguments: args });
      return { isError: isError === true, structured: structuredContent };
    },
    async read(uri) {
      const { contents: [contents] } = await client.readResource({ uri });
      return contents !== undefined && "text" in contents ? contents.text : "";
    },
    async listen(uri) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const hear = (told: unknown): void => resolve(Updated.parse(told).params.uri);
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, hear);
      await client.subscribeResource({ uri });
      return { updated: promise };
    },
    close: () => client.close(),
  };
}

/** These work in that home whatever the network; of the others it is enough that they answer. */
const MUST_WORK = [
  "wire_whoami",
  "wire_peers",
  "wire_send",
  "wire_tail",
  "wire_whois",
  "wire_status",
];

async function round(home: RealHome, client: AnyClient): Promise<void> {
  try {
    assert.deepEqual(await client.tools(), CATALOGUE.map(({ name }) => name));
    const called = await Promise.all(CATALOGUE.map(async ({ name }) => {
      const { isError, structured } = await client.call(name, argumentsFor(name, DEAD_RELAY));
      assert.equal(structured === undefined, isError, name);
      return [name, isError] as const;
    }));
    const failed = called.filter(([name, isError]) => isError && MUST_WORK.includes(name));
    assert.deepEqual(failed, []);
    assert.match(await client.read(INBOX), /the first one/);
    const { updated } = await client.listen(INBOX);
    await home.arrives("another one");
    assert.equal(await updated, INBOX);
    assert.match(await client.read(INBOX), /another one/);
  } finally {
    await client.close();
  }
}

const [command, args] = wireCommand(["mcp"]);
const launch = (home: RealHome) => ({
  command,
  args,
  env: wireEnv({ home: home.path, env: { WIRE_MCP_SKIP_AUTO_UP: "1" } }),
});

// The clients time their requests with timers that outlive the answer.
const loose = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name: "lesson 51: the TypeScript client 2.4.0 over standard streams, stateless revision",
  ...loose,
  async fn() {
    await using home = await realHome();
    const client = await newClient(new StdioClientTransport(launch(home)), "auto");
    assert.equal(client.revision, "2026-07-28");
    await round(home, client);
  },
});

Deno.test({
  name: "lesson 51: the TypeScript client 2.4.0 over standard streams, dated revision",
  ...loose,
  async fn() {
    await using home = await realHome();
    const client = await newClient(new StdioClientTransport(launch(home)), "legacy");
    assert.equal(client.revision, "2025-11-25");
    await round(home, client);
  },
});

Deno.test({
  name: "lesson 51: the TypeScript SDK 1.32.2 over standard streams",
  ...loose,
  async fn() {
    await using home = await realHome();
    await round(home, await oldClient(new OldStdio(launch(home))));
  },
});

Deno.test({
  name: "lesson 51: the TypeScript client 2.4.0 of both revisions and SDK 1.32.2 over HTTP",
  ...loose,
  async fn() {
    await using home = await realHome();
    const { platform } = home;
    await using host = new McpHost(platform, { consent: OPEN_CONSENT, profile: "full" });
    await using face = await serveOverHttp(host, { bind: "127.0.0.1:0", origins: [] });
    const token = (await platform.files.readText(face.tokenFile) ?? "").trim();
    const url = new URL(face.url);
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    const transport = () => new StreamableHTTPClientTransport(url, { requestInit });
    await round(home, await newClient(transport(), "auto"));
    await round(home, await newClient(transport(), "legacy"));
    await round(home, await oldClient(new OldHttp(url, { requestInit })));
  },
});

Deno.test({
  name: "P4: in the stateless revision, too, the operator is asked, and a no is a no",
  ...loose,
  async fn() {
    await using home = await realHome();
    const { platform } = home;
    await using host = new McpHost(platform, { consent: OPEN_CONSENT, profile: "full" });
    await using face = await serveOverHttp(host, { bind: "127.0.0.1:0", origins: [] });
    const token = (await platform.files.readText(face.tokenFile) ?? "").trim();
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    for (const mode of ["auto", "legacy"] as const) {
      const client = new NewClient(INFO, {
        versionNegotiation: { mode },
        capabilities: { elicitation: { form: {} } },
      });
      const asked: string[] = [];
      client.setRequestHandler("elicitation/create", ({ params }) => {
        asked.push(params.message);
        return { action: "accept", content: { yes: asked.length > 1 } };
      });
      await client.connect(new StreamableHTTPClientTransport(new URL(face.url), { requestInit }));
      const call = { name: "wire_invite_accept", arguments: { url: "wire://pair?v=1&inv=AAAA" } };
      const refused = await client.callTool(call);
      assert.match(JSON.stringify(refused.content), /your operator said no/, mode);
      const allowed = await client.callTool(call);
      assert.match(JSON.stringify(allowed.content), /invite/, "then it goes on to read the invite");
      assert.doesNotMatch(JSON.stringify(allowed.content), /operator said no/);
      assert.equal(asked.length, 2);
      await client.close();
    }
  },
});
