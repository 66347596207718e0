/** Lets agent hosts start our tool server. See docs/protocol/cli.md §7.2. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { applyChange, entryText } from "../setup/apply.ts";
import { findIn, type Finding, placeOf } from "../setup/finding.ts";
import type { Host, Server } from "../setup/host.ts";
import { HOSTS } from "../setup/hosts.ts";
import { isOurEntry, SetupJournal } from "../setup/journal.ts";
import { placesOf } from "../setup/places.ts";
import { mcpServers } from "../setup/server.ts";
import { undoRecord } from "../setup/undo.ts";

const SetupInput = z.object({
  /** Write; else it is only said what would be written. */
  apply: z.boolean().default(() => false),
  undo: z.boolean().default(() => false),
  /** Another command that stands there already is replaced, too. */
  replace: z.boolean().default(() => false),
  /** In the project's files: this home, as WIRE_HOME names it. */
  withHome: z.boolean().default(() => false),
  /** Only these, by their ids. */
  hosts: z.array(z.string()).optional(),
});

const SetupRow = z.object({
  host: z.string(),
  name: z.string(),
  file: z.string(),
  status: z.enum([
    ...["would_create", "would_add", "would_update", "created", "added", "updated"] as const,
    ...["unchanged", "kept", "untouched", "absent", "failed"] as const,
    ...["restored", "deleted", "removed", "nothing", "left"] as const,
  ]),
  detail: z.string().optional(),
  /** What a person would put into the file. */
  paste: z.string().optional(),
  backup: z.string().optional(),
});
export type SetupRow = z.output<typeof SetupRow>;

const SetupOutput = z.object({
  /** What hosts start. */
  server: z.object({
    command: z.string(),
    args: z.array(z.string()).readonly(),
    env: z.record(z.string(), z.string()).readonly(),
  }),
  applied: z.boolean(),
  undone: z.boolean(),
  hosts: z.array(SetupRow),
  notes: z.array(z.string()),
});

/**
 * A file that cannot be changed is told in its row, and stops no other.
 * @throws {WireError} usage; not_found, if our own command cannot be named; locked; unreadable, of
 * the record of what was changed
 */
export const setup = {
  input: SetupInput,
  output: SetupOutput,
  async run(context, { apply, undo, replace, withHome, hosts: asked }) {
    if (apply && undo) throw new WireError("usage", "Cannot apply and undo at once");
    const hosts = chosen(asked);
    const { platform } = context;
    const { server, shared, notes } = await mcpServers(platform);
    const project = withHome ? withWireHome(context, shared) : shared;
    const journal = new SetupJournal(platform);
    const output = { server, applied: apply, undone: undo, notes: [...notes] };
    if (undo) return { ...output, hosts: await undone(context, journal, hosts) };
    await using _lock = apply ? await journal.lock() : undefined;
    const rows: SetupRow[] = [];
    for (const host of hosts) {
      const served = host.isProject ? project : server;
      const row = await rowOf(context, journal, { host, server: served, apply, replace });
      if (row !== undefined) rows.push(row);
    }
    return { ...output, hosts: rows };
  },
} satisfies Operation<typeof SetupInput, typeof SetupOutput>;

function chosen(ids: readonly string[] | undefined): readonly Host[] {
  if (ids === undefined || ids.length === 0) return HOSTS;
  return ids.map((id) => {
    const host = HOSTS.find((known) => known.id === id);
    if (host !== undefined) return host;
    const known = HOSTS.map((each) => each.id).join(", ");
    throw new WireError("usage", `Unknown host ${quote(id)}: one of ${known}`);
  });
}

function withWireHome({ platform: { env } }: ClientContext, server: Server): Server {
  const home = env.get("WIRE_HOME");
  if (home) return { ...server, env: { ...server.env, WIRE_HOME: home } };
  throw new WireError("usage", "Cannot name this home: WIRE_HOME is not set", {
    hint: 'activate a session first: eval "$(wire session env)"',
  });
}

interface Work {
  readonly host: Host;
  readonly server: Server;
  readonly apply: boolean;
  readonly replace: boolean;
}

async function rowOf(
  context: ClientContext,
  journal: SetupJournal,
  { host, server, apply, replace }: Work,
): Promise<SetupRow | undefined> {
  const { platform } = context;
  const place = await placeOf(platform.files, host, placesOf(platform.env));
  if (place === undefined) return undefined;
  const { id, name } = host;
  const records = await journal.read();
  const finding = await findIn(platform.files, host, place, {
    server,
    replace,
    isOurs: (file, entry) =>
      records.some((record) => record.file === file && isOurEntry(record, JSON.stringify(entry))),
  });
  const row = { host: id, name, file: finding.file };
  if (finding.tag !== "change") return { ...row, ...told(finding) };
  if (!apply) return { ...row, status: `would_${finding.kind}` };
  try {
    const backup = await applyChange(platform, journal, { host, change: finding });
    const status = DONE[finding.kind];
    return { ...row, status, ...(backup === null ? {} : { backup }) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const paste = host.format.snippet(
      host.path,
      JSON.parse(entryText(host, finding.after) ?? "{}"),
    );
    return { ...row, status: "failed", detail: error.message, paste };
  }
}

const DONE = { create: "created", add: "added", update: "updated" } as const;

function told(
  finding: Exclude<Finding, { tag: "change" }>,
): Omit<SetupRow, "host" | "name" | "file"> {
  switch (finding.tag) {
    case "untouched":
      return { status: "untouched", detail: finding.reason, paste: finding.paste };
    case "kept":
      return { status: "kept", detail: finding.reason };
    case "absent":
    case "unchanged":
      return { status: finding.tag };
  }
}

/** Newest first, so that one who ran it in two places goes back the way he came. */
async function undone(
  { platform }: ClientContext,
  journal: SetupJournal,
  hosts: readonly Host[],
): Promise<SetupRow[]> {
  await using _lock = await journal.lock();
  const rows: SetupRow[] = [];
  for (const record of (await journal.read()).toReversed()) {
    const host = hosts.find(({ id }) => id === record.host);
    if (host === undefined) continue;
    const row = { host: host.id, name: host.name, file: record.file };
    try {
      rows.push({ ...row, ...await undoRecord(platform, journal, { host, record }) });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      rows.push({ ...row, status: "failed", detail: error.message });
    }
  }
  return rows;
}
