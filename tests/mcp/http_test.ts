import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { LIMITS } from "../../mcp/http/node_server.ts";
import { livingWorld } from "../../client/fake/world.ts";
import { OPEN_CONSENT } from "../../client/consent_port.ts";
import { type HttpOptions, serveOverHttp } from "../../mcp/http/serve.ts";
import { McpHost } from "../../mcp/host.ts";
import { MAX_MESSAGE_BYTES } from "../../mcp/stdio_transport.ts";

interface Face extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly port: number;
  /** Posts with what a client must send, unless told otherwise. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

async function face(options: Partial<HttpOptions> = {}): Promise<Face> {
  const { platform } = await livingWorld("alice");
  const host = new McpHost(platform, { consent: OPEN_CONSENT, profile: "full" });
  const served = await serveOverHttp(host, { bind: "127.0.0.1:0", origins: [], ...options });
  const token = (await platform.files.readText(served.tokenFile) ?? "").trim();
  const { url } = served;
  return {
    url,
    token,
    port: Number(new URL(url).port),
    post: (body, headers = {}) =>
      fetch(url, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          authorization: `Bearer ${token}`,
          ...headers,
        },
      }),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "raw", version: "1" },
  },
};

/** One request as raw bytes: fetch does not let a caller lie about the host. */
async function raw(
  port: number,
  lines: readonly string[],
  rest = "\r\n\r\n",
): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.write(lines.join("\r\n") + rest);
  let text = "";
  socket.setEncoding("utf8");
  try {
    for await (const chunk of socket) text += chunk;
  } catch (error) {
    // Cut off without a word, which is an answer, too.
    if (!(error instanceof Error && "code" in error && error.code === "ECONNRESET")) throw error;
  }
  return text.split("\r\n")[0] ?? "";
}

Deno.test("mcp --http: without the token nobody is served, and no body is read before it is seen", async () => {
  await using http = await face();
  for (const authorization of ["", "Bearer ", `Bearer ${"0".repeat(64)}`, `Basic ${http.token}`]) {
    const reply = await http.post(INITIALIZE, { authorization });
    assert.equal(reply.status, 401);
    assert.match(reply.headers.get("www-authenticate") ?? "", /^Bearer/);
    assert.ok(!(await reply.text()).includes(http.token));
  }
  const line = await raw(http.port, [
    "POST /mcp HTTP/1.1",
    `Host: 127.0.0.1:${http.port}`,
    "Content-Type: application/json",
    "Content-Length: 1000000000",
    "Connection: close",
  ]);
  assert.match(line, /^HTTP\/1.1 401 /);
});

Deno.test("mcp --http: another Host or a web page is refused, with the token too", async () => {
  await using http = await face({ origins: ["http://tool.test"] });
  const host = (name: string) =>
    raw(http.port, [
      "GET /mcp HTTP/1.1",
      `Host: ${name}`,
      `Authorization: Bearer ${http.token}`,
      "Accept: text/event-stream",
      "Connection: close",
    ]);
  assert.match(await host(`evil.test:${http.port}`), /^HTTP\/1.1 421 /);
  assert.match(await host("127.0.0.1"), /^HTTP\/1.1 421 /);
  assert.match(await host(`localhost:${http.port}`), /^HTTP\/1.1 40[05] /);
  for (const origin of ["http://evil.test", "null", `http://127.0.0.1:${http.port}`]) {
    const reply = await http.post(INITIALIZE, { origin });
    assert.equal(reply.status, 403, origin);
    await reply.body?.cancel();
  }
  const allowed = await http.post(INITIALIZE, { origin: "http://tool.test" });
  assert.equal(allowed.status, 200);
  await allowed.body?.cancel();
});

Deno.test("mcp --http: bodies, headers and addresses are bounded", async () => {
  await using http = await face();
  const large = await http.post("x".repeat(MAX_MESSAGE_BYTES + 1));
  assert.equal(large.status, 413);
  await large.body?.cancel();
  const headers = await raw(http.port, [
    "GET /mcp HTTP/1.1",
    `Host: 127.0.0.1:${http.port}`,
    `X-Long: ${"x".repeat(20_000)}`,
  ]);
  assert.match(headers, /^HTTP\/1.1 4\d\d /);
  const elsewhere = await fetch(http.url.replace("/mcp", "/other"), {
    headers: { authorization: `Bearer ${http.token}` },
  });
  assert.equal(elsewhere.status, 404);
  await elsewhere.body?.cancel();
  const { platform } = await livingWorld("bob");
  const host = new McpHost(platform, { consent: OPEN_CONSENT, profile: "full" });
  for (const bind of ["0.0.0.0:0", "192.168.0.1:1", "[::]:0", "8772", "127.0.0.1:99999"]) {
    await assert.rejects(serveOverHttp(host, { bind, origins: [] }), { code: "usage" }, bind);
  }
  await host[Symbol.asyncDispose]();
});

Deno.test("mcp --http: a session is opened, used and ended; an unknown one is not found", async () => {
  await using http = await face();
  const opened = await http.post(INITIALIZE);
  const session = opened.headers.get("mcp-session-id") ?? "";
  assert.match(session, /^[0-9a-f]{32}$/);
  assert.match(await opened.text(), /"protocolVersion":"2025-06-18"/);
  const list = { jsonrpc: "2.0", id: 2, method: "tools/list" };
  const listed = await http.post(list, { "mcp-session-id": session });
  assert.match(await listed.text(), /wire_whoami/);
  const stranger = await http.post(list, { "mcp-session-id": "0".repeat(32) });
  assert.equal(stranger.status, 404);
  await stranger.body?.cancel();
  const ended = await fetch(http.url, {
    method: "DELETE",
    headers: { authorization: `Bearer ${http.token}`, "mcp-session-id": session },
  });
  assert.equal(ended.status, 200);
  await ended.body?.cancel();
  const after = await http.post(list, { "mcp-session-id": session });
  assert.equal(after.status, 404);
  await after.body?.cancel();
});

Deno.test("mcp --http: what is not JSON is -32700", async () => {
  await using http = await face();
  const reply = await http.post("nonsense");
  assert.equal(reply.status, 400);
  assert.match(await reply.text(), /-32700/);
  const empty = await http.post("");
  assert.equal(empty.status, 400);
  await empty.body?.cancel();
});

Deno.test("mcp --http: what is wrong with a request is said as on standard streams", async () => {
  await using http = await face();
  const opened = await http.post(INITIALIZE);
  await opened.body?.cancel();
  const session = opened.headers.get("mcp-session-id") ?? "";
  const answer = async (method: string, params: unknown): Promise<string> => {
    const request = { jsonrpc: "2.0", id: 2, method, params };
    const reply = await http.post(request, { "mcp-session-id": session });
    assert.equal(reply.status, 200);
    return await reply.text();
  };
  assert.match(await answer("tools/call", {}), /"code":-32602,"message":"missing tool name"/);
  assert.match(await answer("resources/read", { uri: 7 }), /-32602,"message":"missing 'uri'"/);
  assert.match(await answer("tools/list", { cursor: 5 }), /wire_whoami/);
});

Deno.test("mcp --http: half a header and half a body are cut off in their time", async () => {
  const limits = {
    ...LIMITS,
    headersTimeout: 150,
    requestTimeout: 300,
    connectionsCheckingInterval: 50,
  };
  await using http = await face({ limits });
  const host = `Host: 127.0.0.1:${http.port}`;
  const half = await raw(http.port, ["POST /mcp HTTP/1.1", host], "\r\nX-Unfin");
  assert.match(half, /^(HTTP\/1.1 4\d\d |$)/);
  const body = await raw(http.port, [
    "POST /mcp HTTP/1.1",
    host,
    `Authorization: Bearer ${http.token}`,
    "Content-Type: application/json",
    "Content-Length: 1000",
  ], '\r\n\r\n{"half":');
  assert.match(body, /^(HTTP\/1.1 4\d\d |$)/);
});

Deno.test("mcp --http: a crowd that says nothing leaves room for nobody beyond the bound", async () => {
  await using http = await face({ limits: { ...LIMITS, maxConnections: 3 } });
  const crowd = Array.from({ length: 3 }, () => connect({ host: "127.0.0.1", port: http.port }));
  await Promise.all(crowd.map((socket) => once(socket, "connect")));
  const host = `Host: 127.0.0.1:${http.port}`;
  assert.equal(await raw(http.port, ["GET /mcp HTTP/1.1", host]), "", "cut off");
  const gone = crowd.map((socket) => once(socket, "close"));
  for (const socket of crowd) socket.destroy();
  await Promise.all(gone);
});
