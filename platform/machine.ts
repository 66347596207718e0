/** What this machine offers and where it limits us. Only looks: nothing here changes anything. */

export interface DiskSpace {
  /** For us, not for the administrator alone. */
  readonly freeBytes: number;
  /** Files that can still be made; undefined where the file system does not count them. */
  readonly freeFiles: number | undefined;
}

export interface Entry {
  readonly kind: "file" | "directory" | "link" | "socket" | "other";
  /** The user's number, or undefined where the system has none. */
  readonly owner: number | undefined;
}

/** What stands between us and a server, as WebSockets go. */
export type ProxyView =
  | { readonly tag: "direct" }
  | { readonly tag: "proxy"; readonly host: string; readonly port: number }
  /** Named by the environment and of no use. */
  | { readonly tag: "unusable"; readonly variable: string; readonly why: string };

/** Files, sockets and pipes of one process. */
export interface OpenFiles {
  readonly open: number;
  /** At which the system says no; Infinity for none. */
  readonly soft: number;
  /** To which the process' user may raise that. */
  readonly hard: number;
}

export interface Machine {
  /** Whom this process runs as, or undefined where the system has no numbers. */
  readonly userId: number | undefined;
  /** The entry itself, not what a link points to; undefined when it is missing. @throws {WireError} unreadable */
  entry(path: string): Promise<Entry | undefined>;
  /** Of the file system that holds the path; undefined when nobody tells. */
  space(path: string): Promise<DiskSpace | undefined>;
  /** Why we could not write there although it exists, in a few words; undefined when we can. */
  writeProblem(path: string): Promise<string | undefined>;
  /** Why changes in that directory could not be watched now; undefined when they can. */
  watchProblem(directory: string): Promise<string | undefined>;
  /** Of that process, where the system tells and it is ours; else undefined. */
  openFiles(pid: number): Promise<OpenFiles | undefined>;
  /** How many certificates TLS servers are verified with, by where they come from. */
  trustRoots(): Promise<{ readonly system: number; readonly bundled: number }>;
  /** @param url `http:` or `https:` */
  proxyFor(url: string): Promise<ProxyView>;
}
