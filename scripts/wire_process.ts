/**
 * The published command line as child processes: for the demo, the end-to-end tests and the
 * benchmarks. Children get their own home and nothing else of the caller's environment; readiness
 * is a line they print, never a delay.
 */
import { fileURLToPath } from "node:url";

export const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Where this machine keeps the packages, as Deno finds it: children have another HOME. */
function packageCache(): string | undefined {
  const { env, build: { os } } = Deno;
  const given = env.get("DENO_DIR");
  if (given !== undefined) return given;
  const base = os === "windows"
    ? env.get("LOCALAPPDATA")
    : os === "darwin"
    ? below(env.get("HOME"), "Library/Caches")
    : env.get("XDG_CACHE_HOME") ?? below(env.get("HOME"), ".cache");
  return below(base, "deno");
}

const below = (directory: string | undefined, name: string): string | undefined =>
  directory === undefined ? undefined : `${directory}/${name}`;

/**
 * Fetches the packages that `wire` needs, with this process's own proxy and registry settings, which
 * children with another HOME do not have. Quick when they are there.
 */
export async function fetchPackages(): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", MAIN],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`cannot fetch packages: ${new TextDecoder().decode(stderr)}`);
}

export interface WireOptions {
  /** WIRE_HOME of the child; HOME and the XDG directories lie below it. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command does not need is not looked at: else every module's file is opened at each start. */
const LAZY = "--unstable-lazy-dynamic-imports";

export function wireCommand(args: readonly string[]): [string, string[]] {
  return [Deno.execPath(), ["run", "-A", "--quiet", "--no-prompt", LAZY, MAIN, ...args]];
}

export function wireEnv({ home, env = {} }: WireOptions): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of ["PATH", "TMPDIR", "SystemRoot", "TEMP"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) inherited[name] = value;
  }
  const cache = packageCache();
  if (cache !== undefined) inherited["DENO_DIR"] = cache;
  return {
    ...inherited,
    HOME: home,
    WIRE_HOME: home,
    XDG_CONFIG_HOME: `${home}/xdg-config`,
    XDG_STATE_HOME: `${home}/xdg-state`,
    DENO_NO_UPDATE_CHECK: "1",
    ...env,
  };
}

/** Runs `wire …` to its end. */
export async function runWire(
  args: readonly string[],
  options: WireOptions & { readonly stdin?: string },
): Promise<Finished> {
  await using child = startWire(args, options);
  if (options.stdin !== undefined) await child.write(options.stdin);
  await child.closeStdin();
  return await child.finished();
}

/** Starts `wire …`; disposing of it kills it and waits until it is gone. */
export function startWire(args: readonly string[], options: WireOptions): WireProcess {
  const [executable, line] = wireCommand(args);
  return new WireProcess(
    `wire ${args.join(" ")}`,
    new Deno.Command(executable, {
      args: line,
      env: wireEnv(options),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** For a machine on which everything else runs, too. */
const LINE_DEADLINE_MS = 120_000;

export type StreamName = "stdout" | "stderr";

export class WireProcess implements AsyncDisposable {
  readonly pid: number;
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #text: Record<StreamName, string> = { stdout: "", stderr: "" };
  readonly #readers: Promise<void>[];
  readonly #seen: Record<StreamName, number> = { stdout: 0, stderr: 0 };
  #open = 2;
  #change = Promise.withResolvers<void>();

  constructor(name: string, child: Deno.ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.pid = child.pid;
    this.#stdin = child.stdin.getWriter();
    this.#readers = [this.#read("stdout"), this.#read("stderr")];
  }

  /** Everything it has printed there so far. */
  text(stream: StreamName): string {
    return this.#text[stream];
  }

  /**
   * The next whole line on that stream that matches; lines before it are passed over.
   * @throws if the process ends, or two minutes pass, without one
   */
  async line(stream: StreamName, pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(LINE_DEADLINE_MS);
    for (;;) {
      const text = this.#text[stream];
      let end = text.indexOf("\n", this.#seen[stream]);
      while (end !== -1) {
        const line = text.slice(this.#seen[stream], end);
        this.#seen[stream] = end + 1;
        const match = pattern.exec(line);
        if (match !== null) return match;
        end = text.indexOf("\n", this.#seen[stream]);
      }
      await this.#changed(`no line like ${pattern} on ${stream}`, deadline);
    }
  }

  /** Text that need not be a whole line, such as a prompt. */
  async prompt(stream: StreamName, pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(LINE_DEADLINE_MS);
    for (;;) {
      const match = pattern.exec(this.#text[stream]);
      if (match !== null) return match;
      await this.#changed(`nothing like ${pattern} on ${stream}`, deadline);
    }
  }

  async write(text: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(text));
  }

  async closeStdin(): Promise<void> {
    try {
      await this.#stdin.close();
    } catch {
      // It ended without reading its input: that is its right.
    }
  }

  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended by itself meanwhile.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async finished(): Promise<Finished> {
    const [{ code }] = await Promise.all([this.#child.status, ...this.#readers]);
    return { code, ...this.#text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.closeStdin();
    await this.finished();
  }

  async #changed(missing: string, deadline: AbortSignal): Promise<void> {
    if (this.#open === 0 || deadline.aborted) {
      const why = deadline.aborted ? "in time" : "before it ended";
      throw new Error(
        `${this.#name}: ${missing} ${why}\n${this.#text.stdout}\n${this.#text.stderr}`,
      );
    }
    const late = Promise.withResolvers<void>();
    const wake = (): void => late.resolve();
    deadline.addEventListener("abort", wake, { once: true });
    await Promise.race([this.#change.promise, late.promise]);
    deadline.removeEventListener("abort", wake);
  }

  async #read(stream: StreamName): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child[stream]) {
      this.#text[stream] += decoder.decode(chunk, { stream: true });
      this.#wake();
    }
    this.#open--;
    this.#wake();
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}
