/** A proxy with the configuration that docs/relay.md shows, on loopback and a certificate of ours. */
import assert from "node:assert/strict";
import { blocks } from "../e2e/documents.ts";

const TLS = new URL("../fixtures/tls/", import.meta.url).pathname;

export type ProxyName = "caddy" | "nginx";

const PROGRAMS: Readonly<Record<ProxyName, string>> = { caddy: "caddy", nginx: "nginx" };

export function isInstalled(name: ProxyName): boolean {
  try {
    const args = [name === "nginx" ? "-v" : "version"];
    const options = { args, stdout: "null", stderr: "null" } as const;
    return new Deno.Command(PROGRAMS[name], options).outputSync().success;
  } catch {
    return false; // not there
  }
}

export class TlsProxy implements AsyncDisposable {
  private constructor(
    readonly port: number,
    readonly directory: string,
    readonly child: Deno.ChildProcess,
  ) {}

  /** @param relay `host:port`. Resolves once it takes connections. */
  static async start(name: ProxyName, relay: string): Promise<TlsProxy> {
    const directory = await Deno.makeTempDir({ prefix: "wire-proxy-" });
    const port = freePort();
    const info = name === "caddy" ? "caddyfile" : "nginx";
    const [shown] = (await blocks(["docs/relay.md"])).filter((block) => block.info === info);
    assert.ok(shown, `docs/relay.md shows a configuration for ${name}`);
    const text = shown.lines.join("\n").replaceAll("127.0.0.1:8770", relay);
    const args = name === "caddy"
      ? await caddy(directory, port, text)
      : await nginx(directory, port, text);
    const child = new Deno.Command(PROGRAMS[name], {
      args,
      env: { HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
      stdout: "null",
      stderr: "null",
    }).spawn();
    const proxy = new TlsProxy(port, directory, child);
    await listens(port);
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    await this.child.status;
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** Only what a test must change: address, port and certificate. */
async function caddy(directory: string, port: number, shown: string): Promise<string[]> {
  assert.ok(shown.includes("relay.example.org {"));
  const site = shown.replace(
    "relay.example.org {",
    `https://localhost:${port} {\n\tbind 127.0.0.1\n\ttls ${TLS}certificate.pem ${TLS}key.pem`,
  );
  const options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n";
  await Deno.writeTextFile(`${directory}/Caddyfile`, options + site);
  return ["run", "--config", `${directory}/Caddyfile`, "--adapter", "caddyfile"];
}

async function nginx(directory: string, port: number, shown: string): Promise<string[]> {
  const replaced = [
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
    ["server_name relay.example.org;", "server_name localhost;"],
    ["/etc/ssl/relay.example.org.pem", `${TLS}certificate.pem`],
    ["/etc/ssl/relay.example.org.key", `${TLS}key.pem`],
  ] as const;
  let server = shown;
  for (const [from, to] of replaced) {
    assert.ok(server.includes(from), `docs/relay.md says ${from}`);
    server = server.replace(from, to);
  }
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${directory}/${name};`).join("\n");
  await Deno.writeTextFile(
    `${directory}/nginx.conf`,
    `daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log;\n` +
      `events {}\nhttp {\naccess_log off;\n${temporary}\n${server}\n}\n`,
  );
  return ["-c", `${directory}/nginx.conf`, "-p", directory, "-e", `${directory}/error.log`];
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function listens(port: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
