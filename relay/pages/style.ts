/** The one style sheet of the relay's pages; its hash is all that the pages' policy lets through. */
import { createHash } from "node:crypto";

export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--panel:#f3f6f9;--line:#d3dbe3;--ink:#16202b;--muted:#4e5c6a;--accent:#0b5aa8;--on-accent:#fff;--fill:#0b5aa826;--warn:#8a3b00}
@media (prefers-color-scheme:dark){:root{--bg:#0f151b;--panel:#17202a;--line:#2f3c49;--ink:#e7edf3;--muted:#a5b3c1;--accent:#82bcff;--on-accent:#0b1a2a;--fill:#82bcff2e;--warn:#ffb787}}
*{box-sizing:border-box}
html{background:var(--bg);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;display:flex;flex-direction:column}
.wide{width:100%;max-width:62rem;margin:0 auto;padding:0 1.25rem}
main{flex:1;padding-top:2.5rem!important;padding-bottom:4rem!important}
h1,h2,h3{line-height:1.25;text-wrap:balance;margin:0}
h1{font-size:clamp(1.75rem,1.3rem + 2vw,2.5rem);letter-spacing:-.02em}
h2{font-size:1.25rem;letter-spacing:-.01em;margin:3rem 0 1rem}
h3{font-size:1rem}
p,ul,ol,dl,table,figure{margin:0 0 1rem}
.lead{font-size:1.125rem;color:var(--muted);max-width:42rem;margin-top:.75rem;text-wrap:pretty}
.note{color:var(--muted);max-width:42rem}
.warn{margin-top:1.25rem;color:var(--warn);max-width:42rem;font-weight:600}
a{color:var(--accent);text-underline-offset:.2em;text-decoration-thickness:.08em}
a:hover{text-decoration-thickness:.16em}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:1rem;top:-4rem;background:var(--accent);color:var(--on-accent);padding:.5rem 1rem;border-radius:0 0 6px 6px;z-index:1}
.skip:focus{top:0}
.top{border-bottom:1px solid var(--line)}
.top .wide{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.75rem;padding-top:.75rem;padding-bottom:.75rem}
.brand{display:inline-flex;align-items:center;gap:.6rem;font-weight:650;color:var(--ink);text-decoration:none;margin-right:auto;padding:.25rem 0}
.brand svg{width:1.9rem;height:1.9rem;color:var(--accent)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:0;padding:0}
.ranges{margin-bottom:1rem}
nav a{display:inline-block;padding:.35rem 0;color:var(--muted);text-decoration:none;border-bottom:2px solid transparent}
nav a:hover{color:var(--ink);border-color:var(--line)}
nav a[aria-current]{color:var(--ink);border-color:var(--accent)}
.bottom{border-top:1px solid var(--line);color:var(--muted);font-size:.9rem}
.bottom .wide{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;padding-top:1rem;padding-bottom:1.5rem}
.bottom a{color:inherit}
.bottom span:first-child{margin-right:auto}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,"Cascadia Mono","DejaVu Sans Mono",Menlo,monospace;font-size:.92em}
pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:.65rem .9rem;margin:.4rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
p code{white-space:nowrap}
.steps{list-style:none;counter-reset:step;padding:0;max-width:46rem}
.steps>li{counter-increment:step;position:relative;padding:0 0 1.5rem 3rem}
.steps>li::before{content:counter(step);position:absolute;left:0;top:0;width:1.75rem;height:1.75rem;border:1.5px solid var(--accent);border-radius:50%;color:var(--accent);font-size:.9rem;font-weight:650;line-height:1.6rem;text-align:center}
.steps>li::after{content:"";position:absolute;left:.84rem;top:2.1rem;bottom:.35rem;border-left:1.5px solid var(--line)}
.steps>li:last-child{padding-bottom:0}
.steps>li:last-child::after{display:none}
.steps p{margin:0}
.two{display:grid;gap:1rem 2.5rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr))}
.two ul{padding-left:1.1rem;margin:.5rem 0 0}
.two li{margin-bottom:.35rem}
.tiles{display:flex;flex-wrap:wrap;gap:1px;background:var(--line);border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:0 0 1rem}
.tiles div{flex:1 1 8.5rem;background:var(--bg);padding:.9rem 1rem;display:flex;flex-direction:column-reverse;justify-content:flex-end}
.tiles dt{color:var(--muted);font-size:.9rem;line-height:1.35}
.tiles dd{margin:0;font-size:1.6rem;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums;line-height:1.3}
table{width:100%;border-collapse:collapse;text-align:left}
caption{text-align:left;color:var(--muted);padding-bottom:.6rem}
th,td{padding:.65rem .75rem .65rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:.9rem;color:var(--muted);font-weight:600}
tbody th{font-weight:600}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
.people{table-layout:fixed}
.who{width:34%}
.who,.about{overflow:hidden;overflow-wrap:anywhere}
.when{white-space:nowrap;color:var(--muted);width:7.5rem}
.face{display:inline-block;min-width:1.9em;max-height:1.6em;overflow:hidden;vertical-align:bottom;white-space:nowrap}
.faint{color:var(--muted);font-weight:400}
.tags{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem;padding:0;margin:.35rem 0 0}
.tags li{max-width:100%;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;border:1px solid var(--line);border-radius:1em;padding:0 .6rem;font-size:.85rem;color:var(--muted)}
.about p{margin:0}
form{display:flex;flex-wrap:wrap;align-items:end;gap:.75rem;margin:1.5rem 0}
label{display:block;font-size:.9rem;color:var(--muted);margin-bottom:.2rem}
input{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--muted);border-radius:6px;padding:.45rem .7rem;width:16rem;max-width:100%}
button,.button{font:inherit;font-weight:600;color:var(--on-accent);background:var(--accent);border:1px solid var(--accent);border-radius:6px;padding:.45rem 1.1rem;cursor:pointer;text-decoration:none;display:inline-block}
.empty{margin:0 0 1rem;border:1px dashed var(--line);border-radius:8px;padding:1.5rem;color:var(--muted);max-width:46rem}
.empty p:last-child{margin:0}
.plots{display:grid;gap:2rem 2.5rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr))}
figure{min-width:0}
figcaption{display:flex;justify-content:space-between;gap:1rem;align-items:baseline;margin-bottom:.6rem}
figcaption .faint{font-size:.9rem;text-align:right}
.plot{display:grid;grid-template-columns:3.2rem minmax(0,1fr);gap:.3rem .6rem;font-size:.8rem;color:var(--muted);font-variant-numeric:tabular-nums}
.plot .y{display:flex;flex-direction:column;justify-content:space-between;text-align:right;line-height:1;margin:-.4em 0}
.plot .x{grid-column:2;display:flex;justify-content:space-between}
.plot svg{display:block;width:100%;height:9rem;overflow:visible}
.grid{stroke:var(--line);fill:none}
.area{fill:var(--fill)}
.line{stroke:var(--accent);fill:none;stroke-width:1.75}
.grid,.line{vector-effect:non-scaling-stroke}
details{margin-top:.6rem;font-size:.9rem}
summary{cursor:pointer;color:var(--accent);padding:.2rem 0}
details table{margin-top:.5rem}
details th,details td{padding:.3rem .75rem .3rem 0}
.invite{display:grid;gap:2rem 3rem;grid-template-columns:minmax(0,16rem) minmax(0,1fr);align-items:start;margin-top:2rem}
.qr{background:#fff;border:1px solid var(--line);border-radius:10px;padding:.5rem;margin:0}
.qr svg{display:block;width:100%;height:auto}
.qr figcaption{display:block;color:#4e5c6a;font-size:.85rem;text-align:center;margin:.25rem 0}
@media (max-width:40rem){.when{display:none}.who{width:42%}.invite{grid-template-columns:minmax(0,1fr)}.qr{max-width:18rem}h2{margin-top:2.25rem}main{padding-top:1.75rem!important}}
@media (prefers-reduced-motion:no-preference){.skip{transition:top .1s}}
@media print{.top nav,.skip,form{display:none}}
`;

/** What may be loaded and done: this style, images of this relay, forms to it. No script at all. */
export const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");
