/** `/stats.html`: what the relay does, now and over the last day or week. */
import { HISTORY_HOURS } from "../../store/stats/history.ts";
import type { RelayContext } from "../context.ts";
import type { RelayReply } from "../exchange.ts";
import { type Html, html } from "./html.ts";
import { duration, grouped } from "./numbers.ts";
import { type Plot, plot } from "./plot.ts";
import { page } from "./reply.ts";
import { type Column, growth, height, type Piece, type Span } from "./series.ts";

const PIECES = 96;

/** @param asked hours; a week at most */
export async function statsPage(
  { stats, clock }: Pick<RelayContext, "stats" | "clock">,
  asked: number,
): Promise<RelayReply> {
  const hours = Math.min(Math.max(asked, 1), HISTORY_HOURS);
  const [now, rows] = await Promise.all([stats.now(), stats.lastHours(hours)]);
  const stepSeconds = Math.ceil(hours * 3_600 / PIECES);
  const unix = Math.floor(clock.now() / 1000);
  const span: Span = {
    stepSeconds,
    pieces: PIECES,
    fromUnix: unix - PIECES * stepSeconds,
  };
  const grown = (id: string, title: string, column: Column): Plot => {
    const pieces = growth(rows, column, span);
    return {
      id,
      title,
      pieces,
      stepSeconds,
      unit: `in ${duration(stepSeconds)}`,
      sum: `${grouped(sumOf(pieces))} in ${duration(hours * 3_600)}`,
    };
  };
  const high = (id: string, title: string, column: Column): Plot => {
    const pieces = height(rows, column, span);
    return { id, title, pieces, stepSeconds, unit: "at once", sum: `${grouped(now[column])} now` };
  };
  const plots = [
    grown("events", "Messages stored", "events_posted_total"),
    high("streams", "Listening", "streams_active"),
    grown("pairs", "Pairings begun", "pair_opens_total"),
    high("slots", "Mailboxes", "slots_active"),
  ];
  return page({
    title: "Statistics · wire relay",
    path: "/stats.html",
    cacheControl: "public, max-age=60",
    main: html`
      <h1>Statistics</h1>
      <p
        class="lead">Only counts are kept: no addresses, no mailboxes, no names. Running for ${duration(
          now.uptime_seconds,
        )}.</p>
      <h2 id="now">Now</h2>
      <dl class="tiles">
      ${tile("Messages stored", now.events_posted_total)}
      ${tile("Mailboxes", now.slots_active)}
      ${tile("Names claimed", now.handles_active)}
      ${tile("Listening", now.streams_active)}
      ${tile("Pairing codes in use", now.pair_slots_open)}
      </dl>
      <h2 id="past">Over time</h2>
      <nav class="ranges" aria-label="How far back">
        <ul>
      ${range(24, "Last 24 hours", hours)}
      ${range(HISTORY_HOURS, "Last 7 days", hours)}
        </ul>
      </nav>
      ${rows.length === 0
        ? html`
          <div class="empty">
            <p>Nothing to show yet: a point is added every minute.</p>
          </div>
        `
        : html`<p class="note">Where a line has a gap, the relay was not running. Times are UTC.</p>
<div class="plots">${plots.map(plot)}</div>`}
      <p
        class="note">The same for programs: <a href="/stats.json">/stats.json</a>, <a href="/stats.history?hours=${String(
          hours,
        )}">/stats.history</a>.</p>
    `,
  });
}

export const tile = (name: string, value: number): Html =>
  html`
    <div>
      <dt>${name}</dt>
      <dd>${grouped(value)}</dd>
    </div>
  `;

const range = (hours: number, name: string, shown: number): Html =>
  hours === shown
    ? html`<li><a href="/stats.html?hours=${hours}" aria-current="true">${name}</a></li>`
    : html`<li><a href="/stats.html?hours=${hours}">${name}</a></li>`;

const sumOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { value }) => sum + (value ?? 0), 0);
