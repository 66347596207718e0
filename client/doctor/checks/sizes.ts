/** Files that outgrow their bounds: the cost of commands must not grow with history. */
import path from "node:path";
import { QUARANTINE_LIMITS } from "../../../store/mail/quarantine_bounds.ts";
import { mailPaths } from "../../../store/mail/mail_paths.ts";
import { MAX_PASSAGES_BYTES } from "../../../store/home/passages.ts";
import { MAX_PENDING } from "../../../store/home/pending_inbound.ts";
import type { Check, Finding } from "../check.ts";
import { gathered, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";
import type { Scene } from "../scene.ts";

const MIB = 1024 * 1024;

interface Bound {
  readonly directory: string;
  /** Names that it is about. */
  readonly names: RegExp;
  readonly bytes: number;
  readonly fix: (file: string) => string;
}

const archive = (): string =>
  "stop the daemon and what watches inbox or outbox, then: wire archive";
const empty = (file: string): string => `: > ${shellWord(file)}`;

export const sizes: Check = {
  id: "sizes",
  about: "files and directories that outgrow their bounds",
  lessons: [10, 49],
  async look(scene) {
    const found = await Promise.all([
      ...bounds(scene).map((bound) => larger(scene, bound)),
      crowded(scene),
    ]);
    return gathered(found.flat(), "all within their bounds");
  },
};

function bounds({ home }: Scene): readonly Bound[] {
  const { configRoot, stateRoot } = home.paths;
  const { inbox, outbox } = mailPaths(stateRoot);
  const lines = /\.jsonl$/;
  return [
    // Nothing of ours costs more for it; 0.5.19 reads and posts all of it each time.
    { directory: inbox, names: lines, bytes: 256 * MIB, fix: archive },
    { directory: outbox, names: lines, bytes: 256 * MIB, fix: archive },
    // Begun anew when the daemon starts.
    { directory: stateRoot, names: /^daemon\.log$/, bytes: 16 * MIB, fix: () => "wire upgrade" },
    // 0.5.19 begins another one at 8 MiB.
    {
      directory: stateRoot,
      names: /^diag\.jsonl(\.1)?$/,
      bytes: 9 * MIB,
      fix: () => "wire diag disable",
    },
    { directory: stateRoot, names: /^pair-rejected\.jsonl$/, bytes: MIB, fix: empty },
    {
      directory: stateRoot,
      names: /^passages\.jsonl(\.1)?$/,
      bytes: 2 * MAX_PASSAGES_BYTES + 4096,
      fix: (file) => `keep a copy of ${shellWord(file)}, then: rm ${shellWord(file)}`,
    },
    // 500 ids.
    { directory: stateRoot, names: /^reactor-emitted\.log$/, bytes: MIB / 16, fix: empty },
    {
      directory: configRoot,
      names: /^(trust|relay|grants|blocklist|claimed-nicks)\.json$/,
      bytes: 4 * MIB,
      fix: () => "forget peers that are gone: wire forget-peer <peer>",
    },
  ];
}

async function larger({ home }: Scene, bound: Bound): Promise<Finding[]> {
  const { files } = home.platform;
  const found: Finding[] = [];
  for (const name of await files.list(bound.directory)) {
    if (!bound.names.test(name)) continue;
    const file = path.join(bound.directory, name);
    const size = (await files.stat(file))?.size ?? 0;
    if (size <= bound.bytes) continue;
    found.push(
      warn(`${file} has ${mib(size)} MiB, its bound is ${mib(bound.bytes)}`, bound.fix(file)),
    );
  }
  return found;
}

/** Directories with one file a record. */
async function crowded({ home }: Scene): Promise<Finding[]> {
  const limits = [
    [mailPaths(home.paths.stateRoot).quarantine, QUARANTINE_LIMITS.records, "wire quarantine list"],
    [home.file.pendingInbound, MAX_PENDING, "wire pair-list-inbound"],
  ] as const;
  const found = await Promise.all(limits.map(async ([directory, most, fix]) => {
    const { length } = await home.platform.files.list(directory);
    if (length < most * 0.9) return [];
    return [warn(
      `${directory} holds ${length} of at most ${most}: what comes next drives out the oldest`,
      fix,
    )];
  }));
  return found.flat();
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(bytes < MIB ? 2 : 0);
