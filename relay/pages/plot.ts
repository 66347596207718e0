/** One plot over time as inline SVG, with the same in words and as a table. */
import { type Html, html } from "./html.ts";
import { dayAndTime, grouped, machineTime, short } from "./numbers.ts";
import type { Piece } from "./series.ts";

export interface Plot {
  /** Unique on its page; letters only. */
  readonly id: string;
  readonly title: string;
  /** What a value is, as `events in 15 minutes`. */
  readonly unit: string;
  readonly pieces: readonly Piece[];
  readonly stepSeconds: number;
  /** What it comes to: `1,204 in all`. */
  readonly sum: string;
}

const WIDTH = 960;
const HEIGHT = 144;
const MAX_TABLE_ROWS = 24;

export function plot({ id, title, unit, pieces, stepSeconds, sum }: Plot): Html {
  const values = pieces.map(({ value }) => value).filter((value) => value !== undefined);
  const top = roundedUp(Math.max(1, ...values));
  const first = pieces[0]?.from ?? 0;
  const end = first + pieces.length * stepSeconds;
  const label = (unix: number): Html =>
    html`<time datetime="${machineTime(unix)}">${
      unix === end ? "now" : `${ago((end - unix) / 3_600)} ago`
    }</time>`;
  return html`
    <figure>
      <figcaption><h3>${title}</h3><span class="faint">${sum}</span></figcaption>
      <div class="plot">
        <div class="y"
          aria-hidden="true"><span>${short(top)}</span><span>${short(
            top / 2,
          )}</span><span>0</span></div>
        <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img"
          aria-labelledby="${id}-title ${id}-words">
    <title id="${id}-title">${title}</title><desc id="${id}-words">${inWords(pieces, unit)}</desc>
    <path class="grid" d="M0 ${HEIGHT}H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 0H${WIDTH}"/>
    ${runs(pieces).map((run) => drawn(run, pieces.length, top))}
        </svg>
        <div class="x">${label(first)}${label((first + end) / 2)}${label(end)}</div>
      </div>
      <details><summary>${title} as a table</summary>${table(
        title,
        unit,
        tableRows(pieces),
      )}</details>
    </figure>
  `;
}

interface Run {
  readonly start: number;
  readonly values: readonly number[];
}

/** Pieces in a row that have values: where the relay was not there, nothing is drawn. */
function runs(pieces: readonly Piece[]): Run[] {
  const found: { start: number; values: number[] }[] = [];
  for (const [i, { value }] of pieces.entries()) {
    if (value === undefined) continue;
    const last = found.at(-1);
    if (last !== undefined && last.start + last.values.length === i) last.values.push(value);
    else found.push({ start: i, values: [value] });
  }
  return found;
}

/** Steps: a value holds for its piece, and nothing is made up in between. */
function drawn({ start, values }: Run, pieces: number, top: number): Html {
  const x = (i: number): string => coordinate(i / pieces * WIDTH);
  const y = (value: number): string => coordinate(HEIGHT - value / top * HEIGHT);
  const steps = values.map((value, i) => `V${y(value)}H${x(start + i + 1)}`).join("");
  const begin = `${x(start)} ${y(values[0] ?? 0)}`;
  return html`
    <path class="area" d="M${x(start)} ${HEIGHT}${steps}V${HEIGHT}Z" />
    <path class="line" d="M${begin}${steps}" />
  `;
}

/** `12 hours`, `3.5 days`. */
const ago = (hours: number): string =>
  hours > 24 ? `${short(hours / 24)} days` : `${short(hours)} ${hours === 1 ? "hour" : "hours"}`;

const coordinate = (value: number): string => String(Math.round(value * 10) / 10);

/** 1, 2 or 5 times a power of ten, even so that its half is a number people like. */
function roundedUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 4, 6, 10].find((one) => one * power >= value) ?? 10;
  return Math.max(2, factor * power);
}

function inWords(pieces: readonly Piece[], unit: string): string {
  const known = pieces.filter(({ value }) => value !== undefined);
  const [first] = known;
  if (first === undefined) return "Nothing is known of this time yet.";
  const highest = known.reduce((a, b) => (b.value ?? 0) > (a.value ?? 0) ? b : a);
  return `${unit}: most ${grouped(highest.value ?? 0)} at ${dayAndTime(highest.from)} UTC, ` +
    `last ${grouped(known.at(-1)?.value ?? 0)}.`;
}

/** The newest first, a few pieces in one row, each row the highest of them. */
function tableRows(pieces: readonly Piece[]): Piece[] {
  const each = Math.max(1, Math.ceil(pieces.length / MAX_TABLE_ROWS));
  const rows: Piece[] = [];
  for (let i = 0; i < pieces.length; i += each) {
    const group = pieces.slice(i, i + each);
    const values = group.map(({ value }) => value).filter((value) => value !== undefined);
    rows.push({
      from: pieces[i]?.from ?? 0,
      value: values.length === 0 ? undefined : Math.max(...values),
    });
  }
  return rows.reverse();
}

const table = (title: string, unit: string, rows: readonly Piece[]): Html =>
  html`
    <table>
      <caption>${title}: highest ${unit} from each time on, in UTC, newest first</caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col" class="number">Most</th>
        </tr>
      </thead>
      <tbody>${rows.map(({ from, value }) =>
        html`
          <tr>
            <th scope="row"><time datetime="${machineTime(from)}">${dayAndTime(from)}</time></th>
            <td class="number">${value === undefined ? "not known" : grouped(value)}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `;
