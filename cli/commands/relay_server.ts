/** `wire relay-server`: a relay in the foreground until it is told to stop. */
import { z } from "zod";
import type { StreamOperation } from "../../client/operation.ts";
import type { Log } from "../../platform/log.ts";
import type { Platform } from "../../platform/platform.ts";
import { LOG_FORMATS, type LogFormat, operatorLog } from "../../relay/operator_log.ts";
import type { RelayLimits } from "../../relay/options.ts";
import { startRelay } from "../../relay/serve.ts";
import type { Command } from "../command.ts";
import { LogLines } from "../log_lines.ts";
import { flag, integer, list, text } from "../options.ts";

const DEFAULT_BIND = "127.0.0.1:8770";
/** Where `--with-local` looks. See docs/protocol/extensions.md §14 ruling 7. */
const DEFAULT_LOCAL_BIND = "127.0.0.1:8771";

const RelayServerInput = z.object({
  bind: z.string().optional(),
  localOnly: z.boolean().optional(),
  data: z.string().min(1).optional(),
  kv: z.string().min(1).optional(),
  retain: z.int().min(1).optional(),
  maxSubscribers: z.int().min(1).optional(),
  trustProxy: z.string().min(1).optional(),
  allowHost: z.array(z.string()).default([]),
  allowOrigin: z.array(z.string()).default([]),
  uds: z.string().min(1).optional(),
  metricsBind: z.string().min(1).optional(),
  log: z.enum(LOG_FORMATS).optional(),
});

/** Where to listen. */
export const bindOf = ({ bind, localOnly }: Partial<z.output<typeof RelayServerInput>>): string =>
  bind ?? (localOnly === true ? DEFAULT_LOCAL_BIND : DEFAULT_BIND);

const limitsOf = (
  { retain, maxSubscribers }: Partial<z.output<typeof RelayServerInput>>,
): Partial<RelayLimits> => ({
  ...(retain === undefined ? {} : { retentionDays: retain }),
  ...(maxSubscribers === undefined ? {} : { maxStreamsPerSlot: maxSubscribers }),
});

/** Said once, when the relay answers. `banner` is the same for people. */
const RelayServerOutput = z.object({
  banner: z.string(),
  listening: z.string(),
  local_only: z.boolean(),
  relay_url: z.string(),
  metrics_url: z.string().optional(),
  /** There when the same was logged: then stderr holds nothing but lines of the log. */
  logged: z.literal([true]).optional(),
});

const relayServer = {
  input: RelayServerInput,
  output: RelayServerOutput,
  async *stream({ platform }, input, signal) {
    const localOnly = input.localOnly === true || input.uds !== undefined;
    const lines = new LogLines(platform.terminal.stderr, platform.clock);
    const log = logOf(platform, input.log, lines);
    const relay = await startRelay({
      bind: bindOf(input),
      localOnly,
      ...(input.data === undefined ? {} : { dataDirectory: input.data }),
      ...(input.kv === undefined ? {} : { kvUrl: input.kv }),
      ...(input.trustProxy === undefined ? {} : { trustProxy: input.trustProxy }),
      ...(input.uds === undefined ? {} : { unixSocket: input.uds }),
      ...(input.metricsBind === undefined ? {} : { metricsBind: input.metricsBind }),
      limits: limitsOf(input),
      allowHosts: input.allowHost,
      allowOrigins: input.allowOrigin,
      dropPermissions: true,
    }, { ...platform, log });
    try {
      const { metricsUrl } = relay;
      const said = {
        listening: input.uds === undefined ? addressOf(relay) : relay.host,
        local_only: localOnly,
        relay_url: relay.url,
        ...(metricsUrl === undefined ? {} : { metrics_url: metricsUrl }),
      };
      const isLogged = input.log === "json";
      if (isLogged) log.info("listening", said);
      yield { banner: relay.banner, ...said, ...(isLogged ? { logged: true } as const : {}) };
      await aborted(signal);
      log.info("stopping", { reason: "signal" });
    } finally {
      await relay.close();
      log.info("stopped");
      await lines.flush();
    }
  },
} satisfies StreamOperation<typeof RelayServerInput, typeof RelayServerOutput>;

export const command = {
  operation: relayServer,
  usage: "",
  options: {
    bind: text("addr:port", "where to listen; port 0 takes a free one (127.0.0.1:8770)"),
    localOnly: flag("serve this machine only, on 127.0.0.1:8771 unless --bind says otherwise"),
    data: text("dir", "where the mailboxes are kept (the state directory's wire-relay)"),
    kv: text("url", "keep them on a KV Connect server; token in DENO_KV_ACCESS_TOKEN"),
    retain: integer("days", "drop mail that its owner has read after so many days", {
      min: 1,
      max: 36_500,
    }),
    maxSubscribers: integer("n", "who may listen to one mailbox at once (256)", {
      min: 1,
      max: 100_000,
    }),
    trustProxy: text("header", "take the source address from this header of your proxy"),
    allowHost: list("host", "also answer requests for this Host on a loopback bind"),
    allowOrigin: list("origin", "also answer requests from pages of this origin"),
    uds: text("path", "serve this user only, on a Unix socket; --bind is ignored"),
    metricsBind: text("addr:port", "answer /metrics for Prometheus there"),
    log: text("format", "json, text or off (text on a terminal, else json)"),
  },
  examples: [
    "wire relay-server --local-only",
    "wire relay-server --bind 127.0.0.1:0 --data /var/lib/wire",
    "wire relay-server --bind 127.0.0.1:8770 --trust-proxy x-forwarded-for --allow-host relay.example.org",
  ],
  toInput: (_, options) => options,
  render(output, ui) {
    if (output.logged === true) return;
    ui.error(output.banner);
    if (output.metrics_url !== undefined) ui.note(`  metrics at ${output.metrics_url}`);
    const how = output.relay_url.startsWith("unix:") ? "clients find it at" : "peers use --relay";
    ui.note(`  ${how} ${output.relay_url}; Ctrl-C stops it`);
  },
} satisfies Command<typeof relayServer>;

/** WIRE_LOG names the least level, as everywhere. */
const logOf = (
  { terminal: { stderr }, env, clock }: Platform,
  asked: LogFormat | undefined,
  lines: LogLines,
): Log =>
  operatorLog({
    format: asked ?? (stderr.isTerminal ? "text" : "json"),
    least: env.get("WIRE_LOG"),
    clock,
    write: (line) => lines.write(line),
  });

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** As `--bind` takes it. */
export const addressOf = (
  { host, port }: { readonly host: string; readonly port: number },
): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;
