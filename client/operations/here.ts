/**
 * Who am I here, in which home and why, and what waits: one screen, from what lies on this machine. No
 * relay is asked. See docs/protocol/cli.md §10.
 */
import { z } from "zod";
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { readClaimedNicks } from "../../store/home/claimed_nicks.ts";
import { mailboxAddress } from "../../store/home/mailbox.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import { type ClientContext, createContext } from "../context.ts";
import { addressOf } from "../nicks/reclaim.ts";
import type { Operation } from "../operation.ts";
import { atHome, findHome, HOME_SOURCES } from "../sessions/find_home.ts";
import { endedPairs, type HomeStatus, statusOfHome } from "../status_of_home.ts";

const HereInput = z.object({});

const HereOutput = z.object({
  home: z.object({
    config_root: z.string(),
    state_root: z.string(),
    /** What named it; `none`: commands refuse here, and `because` says why. */
    source: z.enum([...HOME_SOURCES, "none"]),
    /** For people. */
    because: z.string(),
  }),
  session: z.object({
    cwd: z.string(),
    /** Of this directory, by the registry; null without one. */
    name: z.string().nullable(),
    /** Whether its home is the one in use. */
    active: z.boolean(),
    /** All of this machine. */
    all: z.array(z.string()),
    /** When the registry cannot be read. */
    problem: z.string().optional(),
  }),
  /** Null in a home without one. */
  identity: z.object({ did: z.string(), handle: z.string(), fingerprint: z.string() }).nullable(),
  /** `<relay>/slot/<id>`; never a token. */
  mailbox: z.string().nullable(),
  /** Nicks that were confirmed to name that mailbox. */
  addresses: z.array(z.string()),
  daemon: z.object({
    running: z.boolean(),
    pid: z.int().nullable(),
    version: z.string().nullable(),
  }),
  peers: z.array(z.object({ handle: z.string(), tier: z.string() })),
  waiting: z.object({
    /** Messages that no relay has stored. */
    outbox: z.int(),
    /** Who asks to be paired. */
    requests: z.array(z.string()),
    /** That have not ended. */
    pairings: z.int(),
    quarantined: z.int(),
    /** Lines that can never be sent. */
    unsendable: z.int(),
  }),
  /** Commands for what is missing or waits, the first one first. */
  next: z.array(z.string()),
});
export type HereOutput = z.output<typeof HereOutput>;

/** Changes nothing, and makes no home. @throws {WireError} unreadable, naming the file */
export const here = {
  input: HereInput,
  output: HereOutput,
  async run(context) {
    const { platform, warn } = context;
    const { source, directory, because } = await found(platform);
    const own = directory === undefined
      ? context
      : createContext(atHome(platform, directory), { warn, daemon: context.daemon });
    const { home } = own;
    const { configRoot, stateRoot } = home.paths;
    const place = {
      home: { config_root: configRoot, state_root: stateRoot, source, because },
      session: await sessionHere(own),
    };
    const isUsed = source !== "none" && await home.isInitialized();
    if (!isUsed) return { ...place, ...NOBODY, ...(source === "none" ? { next: [] } : {}) };
    const status = await statusOfHome(own);
    const state = await home.readRelayState();
    const { nicks } = await readClaimedNicks(home);
    return {
      ...place,
      ...seen(status, mailboxAddress(state) ?? null),
      // Asked for is not yet had.
      addresses: nicks
        .filter((nick) => nick.confirmed_at !== undefined && nick.slot_id === state.self?.slot_id)
        .map(addressOf),
    };
  },
} satisfies Operation<typeof HereInput, typeof HereOutput>;

const BECAUSE = {
  WIRE_HOME: "as WIRE_HOME says",
  WIRE_SESSION_ID: "as WIRE_SESSION_ID says",
  CLAUDE_CODE_SESSION_ID: "made for the id that its host gives this agent",
  directory: "the session of this directory",
  default: "your own: nothing names another",
} as const;

interface Found {
  readonly source: HereOutput["home"]["source"];
  readonly directory: string | undefined;
  readonly because: string;
}

async function found(platform: Platform): Promise<Found> {
  try {
    const { source, directory } = await findHome(platform);
    return { source, directory, because: BECAUSE[source] };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const hint = error.hint === undefined ? "" : ` (${error.hint})`;
    return { source: "none", directory: undefined, because: `${error.message}${hint}` };
  }
}

const NOBODY = {
  identity: null,
  mailbox: null,
  addresses: [],
  daemon: { running: false, pid: null, version: null },
  peers: [],
  waiting: { outbox: 0, requests: [], pairings: 0, quarantined: 0, unsendable: 0 },
  next: ["wire up <nick>"],
};

async function sessionHere(
  { home, platform }: ClientContext,
): Promise<HereOutput["session"]> {
  const cwd = platform.env.currentDirectory;
  try {
    const sessions = await Sessions.open(platform);
    const [name, all] = await Promise.all([sessions.nameFor(cwd), sessions.list()]);
    const own = all.find((session) => session.name === name);
    return {
      cwd,
      name: name ?? null,
      active: own?.home.paths.configRoot === home.paths.configRoot,
      all: all.map((session) => session.name),
    };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { cwd, name: null, active: false, all: [], problem: error.message };
  }
}

function seen(
  status: HomeStatus,
  mailbox: string | null,
): Omit<HereOutput, "home" | "session" | "addresses"> {
  const { did, handle, fingerprint, daemon, pending_pairs, outbox } = status;
  const waiting = {
    outbox: outbox.waiting,
    requests: pending_pairs.inbound_handles,
    pairings: pending_pairs.total - endedPairs(pending_pairs),
    quarantined: status.quarantined,
    unsendable: status.outbox_problems.length,
  };
  return {
    identity: { did, handle, fingerprint },
    mailbox,
    daemon: {
      running: daemon.running,
      pid: daemon.running ? daemon.pid : null,
      version: daemon.running ? daemon.version ?? null : null,
    },
    peers: status.peers.map(({ handle, tier }) => ({ handle, tier })),
    waiting,
    next: [
      ...(mailbox === null || !daemon.running ? [`wire up ${handle}`] : []),
      ...(waiting.requests.length > 0 ? ["wire pair-list-inbound"] : []),
      ...(waiting.pairings > 0 ? ["wire pair-list"] : []),
      ...(waiting.quarantined > 0 ? ["wire quarantine list"] : []),
      ...(waiting.unsendable > 0 ? ["wire status"] : []),
      ...(status.peers.length === 0 && mailbox !== null ? ["wire pair-host"] : []),
    ],
  };
}
