/**
 * The layer lint as a program: `deno run -A scripts/layers.ts [directory]`.
 * Prints each wrong arrow and each touch of the world; exits 1 if there is one.
 */
import path from "node:path";
import { pathToFileURL } from "node:url";

export interface LayerFinding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Runs only our two rules over every module below the directory. */
export async function layerFindings(directory: string): Promise<readonly LayerFinding[]> {
  const scratch = await Deno.makeTempDir({ prefix: "wire-layers-" });
  try {
    await Deno.writeTextFile(path.join(scratch, "plugin.ts"), pluginSource(directory));
    await Deno.writeTextFile(
      path.join(scratch, "deno.json"),
      JSON.stringify({
        imports: {},
        lint: {
          plugins: ["./plugin.ts"],
          rules: { tags: [], include: ["layers/arrow", "layers/world"] },
        },
      }),
    );
    return await runLint(directory, path.join(scratch, "deno.json"));
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function pluginSource(directory: string): string {
  const root = pathToFileURL(directory.endsWith("/") ? directory : `${directory}/`);
  const plugin = new URL("layers_plugin.ts", import.meta.url);
  return `import { layersPlugin } from ${JSON.stringify(plugin.href)};
export default layersPlugin(new URL(${JSON.stringify(root.href)}));
`;
}

interface LintReport {
  readonly diagnostics: readonly {
    readonly filename: string;
    readonly message: string;
    readonly range: { readonly start: { readonly line: number } };
  }[];
  readonly errors: readonly { readonly file_path: string; readonly message: string }[];
}

async function runLint(directory: string, config: string): Promise<readonly LayerFinding[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["lint", "--json", "--config", config, "."],
    cwd: directory,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") throw new Error(`deno lint failed: ${new TextDecoder().decode(stderr)}`);
  const report: LintReport = JSON.parse(text);
  const relative = (file: string): string =>
    path.relative(directory, file.startsWith("file:") ? new URL(file).pathname : file);
  return [
    ...report.errors.map((error) => ({
      file: relative(error.file_path),
      line: 1,
      message: error.message,
    })),
    ...report.diagnostics.map((diagnostic) => ({
      file: relative(diagnostic.filename),
      line: diagnostic.range.start.line,
      message: diagnostic.message,
    })),
  ];
}

if (import.meta.main) {
  const directory = path.resolve(Deno.args[0] ?? new URL("..", import.meta.url).pathname);
  const findings = await layerFindings(directory);
  for (const { file, line, message } of findings) {
    await Deno.stdout.write(new TextEncoder().encode(`${file}:${line}: ${message}\n`));
  }
  if (findings.length > 0) Deno.exit(1);
}
