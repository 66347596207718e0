/** Curves as SVG: thin lines, few ticks, readable on light and on dark ground. */
import type { Curve } from "./figure.ts";

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 76;
const RIGHT = 20;
const TOP = 44;
const BOTTOM = 52;
/** Of lines; told apart without colour by their marks. */
const COLOURS = ["#1f77b4", "#d95f02", "#2a9d5c", "#b0479a"];
const DARK_COLOURS = ["#6cb4ee", "#ffa257", "#6fd39b", "#e38bd0"];

export function plot(curve: Curve): string {
  const points = curve.lines.flatMap((line) => line.points);
  const xs = points.map(([x]) => x);
  const yMax = niceCeiling(Math.max(...points.map(([, y]) => y), 1e-9));
  const scale = (x: number): number => curve.isLogarithmic ? Math.log(Math.max(x, 1)) : x;
  const [low, high] = [Math.min(...xs.map(scale)), Math.max(...xs.map(scale))];
  const toX = (x: number): number =>
    LEFT + (WIDTH - LEFT - RIGHT) * (high === low ? 0.5 : (scale(x) - low) / (high - low));
  const toY = (y: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / yMax;
  const marks = [
    ...ticks(yMax).map((y) =>
      `<path class="grid" d="M${LEFT} ${at(toY(y))}H${WIDTH - RIGHT}"/>` +
      text(LEFT - 8, toY(y) + 4, shown(y), "end")
    ),
    ...[...new Set(xs)].map((x) => text(toX(x), HEIGHT - BOTTOM + 18, shown(x), "middle")),
    ...curve.lines.map(({ points }, n) => drawn(points.map(([x, y]) => [toX(x), toY(y)]), n)),
    ...curve.lines.map(({ label }, n) =>
      `<circle class="mark m${n}" cx="${WIDTH - RIGHT - 8}" cy="${TOP + 10 + 18 * n}" r="4"/>` +
      text(WIDTH - RIGHT - 18, TOP + 14 + 18 * n, label, "end")
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" ` +
    `aria-label="${escaped(curve.title)}">\n<style>${STYLE}</style>\n` +
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>\n` +
    `<text class="title" x="${LEFT}" y="24">${escaped(curve.title)}</text>\n` +
    `${marks.join("\n")}\n` +
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, curve.xLabel, "middle") +
    `\n<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" ` +
    `text-anchor="middle">${escaped(curve.yLabel)}</text>\n</svg>\n`;
}

const colours = (all: readonly string[]): string =>
  all.map((colour, n) => `.l${n}{stroke:${colour}}.m${n}{fill:${colour}}`).join("");

const STYLE =
  "text{font:13px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:15px}" +
  ".ground{fill:#fff}.grid{stroke:#0002}.line{fill:none;stroke-width:2}" + colours(COLOURS) +
  "@media(prefers-color-scheme:dark){text{fill:#ddd}.ground{fill:#16181c}.grid{stroke:#fff2}" +
  colours(DARK_COLOURS) + "}";

function drawn(points: readonly (readonly number[])[], n: number): string {
  const path = points.map(([x = 0, y = 0], i) => `${i === 0 ? "M" : "L"}${at(x)} ${at(y)}`);
  const dots = points.map(([x = 0, y = 0]) =>
    `<circle class="mark m${n}" cx="${at(x)}" cy="${at(y)}" r="3"/>`
  );
  return `<path class="line l${n}" d="${path.join("")}"/>${dots.join("")}`;
}

/** 1, 2 or 5 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10);
}

const ticks = (max: number): number[] => [0, 0.25, 0.5, 0.75, 1].map((share) => share * max);

const at = (value: number): string => value.toFixed(1);

const shown = (value: number): string =>
  value >= 1_000 ? `${+(value / 1_000).toPrecision(3)}k` : String(+value.toPrecision(3));

const text = (x: number, y: number, content: string, anchor: "end" | "middle"): string =>
  `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;

const escaped = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
