/**
 * QR codes in a terminal: two rows of modules on one line of half blocks, light on dark whatever the
 * terminal's own colours, inside the quiet zone that readers need.
 */

/** Modules around the code, as the standard wants them. */
const QUIET_ZONE = 4;
const LIGHT_ON_DARK = "\u001b[38;5;231;48;5;16m";
const RESET = "\u001b[0m";

/** Where it is to be drawn. */
export interface Canvas {
  readonly isTerminal: boolean;
  /** Columns, or undefined when nobody knows. */
  readonly width: number | undefined;
  readonly coloured: boolean;
}

export interface QrOptions {
  /** Draws it also where stderr is no terminal. */
  readonly always: boolean;
  /** What makes one that fits, for a person. */
  readonly smaller?: string | undefined;
}

/**
 * @returns the code's lines, or one line that says why there is none; nothing where nobody looks,
 * unless `always`
 */
export async function drawQr(
  text: string,
  { isTerminal, width, coloured }: Canvas,
  { always, smaller }: QrOptions,
): Promise<string> {
  if (!isTerminal && !always) return "";
  const { default: encodeQr } = await import("qr");
  const dark = encodeQr(text, "raw", { ecc: "low", border: QUIET_ZONE });
  if (width !== undefined && dark.length > width) {
    const next = smaller === undefined ? "" : `; ${smaller}`;
    return `# a QR code of this needs ${dark.length} columns, and here are ${width}${next}\n`;
  }
  const lines = halfBlocks(dark).map((line) => coloured ? LIGHT_ON_DARK + line + RESET : line);
  return lines.join("\n") + "\n";
}

/** A block is light: on a terminal without colours, light letters on dark are the usual case. */
function halfBlocks(dark: readonly (readonly boolean[])[]): string[] {
  const lines: string[] = [];
  for (let y = 0; y < dark.length; y += 2) {
    const [upper = [], lower] = [dark[y], dark[y + 1]];
    lines.push(upper.map((isDark, x) => blockOf(!isDark, lower?.[x] !== true)).join(""));
  }
  return lines;
}

function blockOf(upperIsLight: boolean, lowerIsLight: boolean): string {
  if (upperIsLight) return lowerIsLight ? "█" : "▀";
  return lowerIsLight ? "▄" : " ";
}
