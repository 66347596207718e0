/**
 * Which folder may import which, and what of the world each may touch: docs/style.md as data.
 * The lint plugin (layers_lint.ts) applies it.
 */

/** Ours that each folder may import, besides itself. `main.ts` is a folder of one file here. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  platform: ["protocol"],
  ipc: ["protocol", "platform"],
  store: ["protocol", "platform"],
  relay: ["protocol", "platform", "store"],
  client: ["protocol", "platform", "store"],
  guard: ["protocol", "platform", "ipc", "store", "client"],
  courier: ["protocol", "platform", "ipc", "store", "client"],
  daemon: ["protocol", "platform", "ipc", "store", "client", "guard", "courier"],
  mcp: ["protocol", "platform", "ipc", "store", "client", "guard", "courier", "daemon"],
  cli: [
    "protocol",
    "platform",
    "ipc",
    "store",
    "relay",
    "client",
    "guard",
    "courier",
    "daemon",
    "mcp",
  ],
  "main.ts": ["cli", "platform"],
  "deploy.ts": ["relay", "store", "platform"],
};

/** These may look at anything, and so may every `*_test.ts`; nothing else looks at them. */
export const FREE_FOLDERS: readonly string[] = ["tests", "bench", "scripts", "docs"];

/** Parts of platform/ that are not for the whole program, and who may import them besides tests. */
export const RESERVED_PATHS: readonly {
  readonly path: string;
  readonly allowed: readonly string[];
  readonly reason: string;
}[] = [
  {
    path: "platform/real",
    allowed: ["platform", "main.ts", "deploy.ts"],
    reason: "the world is injected: take a Platform as an argument",
  },
];

/** Fakes and faults, in any folder: only tests and other fakes import them. */
export const TEST_SUPPORT: RegExp = /(^|\/)fake\/|^platform\/fault_files\.ts$/;

/** Globals that read the clock, randomness or the world, or act on it. */
export const WORLD_GLOBALS: ReadonlySet<string> = new Set([
  "alert",
  "BroadcastChannel",
  "confirm",
  "EventSource",
  "fetch",
  "localStorage",
  "prompt",
  "sessionStorage",
  "setImmediate",
  "setInterval",
  "setTimeout",
  "WebSocket",
  "WebSocketStream",
  "Worker",
]);

/** Members of otherwise harmless globals that do the same. */
export const WORLD_MEMBERS: Readonly<Record<string, ReadonlySet<string>>> = {
  AbortSignal: new Set(["timeout"]),
  crypto: new Set([
    "generateKeyPair",
    "generateKeyPairSync",
    "getRandomValues",
    "randomBytes",
    "randomInt",
    "randomUUID",
  ]),
  Date: new Set(["now"]),
  Math: new Set(["random"]),
  performance: new Set(["now", "timeOrigin", "timeStamp"]),
  Temporal: new Set(["Now"]),
};

/** Names of node:crypto that draw randomness by themselves. */
export const RANDOM_IMPORTS: ReadonlySet<string> = new Set([
  "generateKeyPair",
  "generateKeyPairSync",
  "getRandomValues",
  "randomBytes",
  "randomFillSync",
  "randomInt",
  "randomUUID",
  "webcrypto",
]);

/** Built-in modules through which the world comes in. Types of them are harmless. */
export const WORLD_MODULES: ReadonlySet<string> = new Set([
  "node:child_process",
  "node:cluster",
  "node:dgram",
  "node:dns",
  "node:dns/promises",
  "node:fs",
  "node:fs/promises",
  "node:http",
  "node:http2",
  "node:https",
  "node:net",
  "node:os",
  "node:perf_hooks",
  "node:process",
  "node:readline",
  "node:readline/promises",
  "node:sqlite",
  "node:timers",
  "node:timers/promises",
  "node:tls",
  "node:worker_threads",
]);

export interface Allowance {
  /** Members of `Deno`. */
  readonly deno: readonly string[];
  readonly modules: readonly string[];
}

/** What single folders may touch all the same. platform/ may touch everything. */
export const ALLOWANCES: Readonly<Record<string, Allowance>> = {
  // Maps Deno's store, its errors and its counters onto our interface.
  store: { deno: ["errors", "KvU64", "openKv"], modules: [] },
  // The server: headers and bodies are bounded by node:http; permissions are dropped at the start.
  relay: { deno: ["permissions"], modules: ["node:http", "node:net"] },
  // A listener on loopback, bounded by node:http.
  mcp: { deno: [], modules: ["node:http"] },
  // Puts the platform's server, store and sockets together; nothing else knows them.
  "deploy.ts": { deno: ["env", "openKv", "serve", "stderr", "upgradeWebSocket"], modules: [] },
  // Standard output and the runtime's version only for `--version`, before anything is loaded.
  "main.ts": { deno: ["args", "exit", "stdout", "version"], modules: [] },
};
