// How an explorer looks. One colour per role, as in the book's figures; lighter on a dark page. In print, no controls.
const LIGHT = "--input:#007a5e;--state:#0062a3;--output:#a85b00;--gradient:#b8352a;--reference:#5f6470;--ink:#1f2430;--faint:#d9d5ca;--ground:#fcfbf8;";
const DARK = "--input:#4fc9a4;--state:#72bdf2;--output:#f0ad55;--gradient:#ff8f80;--reference:#a8adb8;--ink:#e4e2dc;--faint:#3a414d;--ground:#14171d;";
export const STYLE = `
.explorer-box { ${LIGHT} color: var(--ink); font: 16px/1.4 "Source Sans", "Segoe UI", Roboto, Arial, sans-serif; max-width: 854px; display: flex; flex-direction: column; border: 1px solid var(--faint); border-width: 1px 0; padding: .7rem 0 .6rem; text-align: left; }
html[data-theme="dark"] .explorer-box, body[data-jp-theme-light="false"] .explorer-box { ${DARK} }
.explorer-box p { margin: 0; font-size: 16px; line-height: 1.4; }
.explorer-box .explorer-title { font-size: 20px; font-weight: 650; line-height: 1.25; }
.explorer-box .explorer-hint { margin-bottom: .5rem; }
.explorer-box [hidden] { display: none !important; }
.explorer-controls { display: grid; grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr)); gap: .3rem 1.5rem; }
.explorer-row { display: flex; flex-wrap: wrap; align-items: center; gap: 0 .6rem; }
.explorer-row label { flex: 1 0 100%; margin: 0; font-size: 14px; font-weight: 600; line-height: 1.3; }
.explorer-row input[type=range] { flex: 1 1 5rem; min-width: 0; height: 32px; margin: 0; accent-color: var(--state); touch-action: pan-y; }
.explorer-row input[type=text] { width: 72px; }
.explorer-row select { flex: 1; min-width: 0; }
.explorer-row textarea { flex: 1 0 100%; min-height: calc(2lh + 12px); field-sizing: content; resize: vertical; line-height: 1.35; padding-block: 5px !important; }
.explorer-row :is(input[type=text], textarea, select), .explorer-buttons .preset { font: inherit; font-size: 15px; color: inherit; background: var(--ground); border: 1px solid var(--reference); border-radius: 4px; padding: 0 .5rem; height: 32px; box-sizing: border-box; }
.explorer-row textarea { height: auto; }
.explorer-buttons { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .5rem; margin-top: .6rem; }
.explorer-buttons button { cursor: pointer; }
.explorer-buttons .quiet { font: inherit; font-size: 14px; color: var(--reference); background: none; border: 0; padding: 0 .2rem; min-height: 32px; text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .2em; }
.explorer-quiet { margin-left: auto; display: flex; gap: .6rem; }
.explorer-buttons .quiet[aria-pressed=true] { color: var(--ink); font-weight: 600; }
.explorer-more { margin: .3rem 0 0; }
.explorer-more > summary { cursor: pointer; font-size: 14px; color: var(--reference); min-height: 24px; width: max-content; }
.explorer-more > .explorer-controls { margin-top: .4rem; }
.explorer-box :is(input, textarea, select, button, summary):focus-visible { outline: 3px solid var(--state); outline-offset: 2px; }
.explorer-row input[type=range]:focus-visible { outline-offset: -2px; }
.explorer-complaint { flex: 1 0 100%; color: var(--gradient); font-size: 14px; }
.explorer-complaint:empty { display: none; }
.explorer-box svg { display: block; max-width: 100%; overflow: visible; user-select: none; -webkit-user-select: none; }
.explorer-box svg text { fill: var(--ink); font-size: 13px; }
.explorer-box svg text.label { font-size: 14px; font-weight: 600; }
.explorer-box svg text.word { font-size: 15px; }
.explorer-box svg text.inside { fill: var(--ground); font-weight: 600; pointer-events: none; }
.explorer-box svg text.quiet { fill: var(--reference); }
.explorer-box .axis { stroke: var(--ink); stroke-width: 1; }
.explorer-box .grid { stroke: var(--faint); stroke-width: 1; }
.explorer-box .one { stroke: var(--ink); stroke-width: 1.8; }
.explorer-box .side { fill: var(--reference); opacity: .07; }
.explorer-box .edge { stroke: var(--faint); stroke-width: 1; }
.explorer-box .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.explorer-box .thin { stroke-width: 1.2; }
.explorer-box .dashed { stroke-dasharray: 5 4; stroke-linecap: butt; }
.explorer-box :is(.line, .stem).ink { stroke: var(--ink); }
${["input", "state", "output", "gradient", "reference"].map(role => `
.explorer-box :is(.line, .stem, .ring).${role} { stroke: var(--${role}); }
.explorer-box :is(.bar, .dot).${role} { fill: var(--${role}); }
.explorer-box .fade.${role} { stop-color: var(--${role}); }
.explorer-box svg text.note.${role} { fill: var(--${role}); font-weight: 600; }`).join("")}
.explorer-box svg text.note { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; stroke-linejoin: round; font-weight: 600; }
.explorer-box .fade.ink { stop-color: var(--ink); stop-opacity: .62; }
.explorer-box .fade.from { stop-color: var(--ground); stop-opacity: 1; }
.explorer-box .surface { fill: var(--ink); }
.explorer-box .stem { stroke-width: 2; }
.explorer-box .dot.ink { fill: var(--ink); }
.explorer-box .dot.held { stroke: var(--ground); stroke-width: 2; }
.explorer-box .dot.start { fill: var(--ground); stroke: var(--ink); stroke-width: 2.5; }
.explorer-box .ring { fill: none; stroke-width: 2; }
.explorer-box .chosen { fill: none; stroke: var(--ink); stroke-width: 2; }
.explorer-stage { position: relative; align-self: flex-start; max-width: 100%; }
.explorer-stage .hand { position: absolute; }
.explorer-box .explorer-readout { margin: .3rem 0 .5rem !important; }
.explorer-box .explorer-readout { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem 1.6rem; }
.explorer-box .explorer-readout > div { display: flex; flex-direction: column; min-width: 0; }
.explorer-box .explorer-readout dt { width: auto; font-size: 14px; font-weight: 400; margin: 0 !important; line-height: 1.25; color: var(--reference); }
.explorer-box .explorer-readout dd { width: auto; font-size: 19px; font-weight: 600; margin: 0 !important; line-height: 1.25; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.explorer-box .explorer-readout:not(.rest) > :first-child dd { font-size: 25px; line-height: 1.15; }
.explorer-box :is(sub, sup) { font-size: .8em; line-height: 0; }
.explorer-spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (pointer: coarse) {
  .explorer-row :is(input, select), .explorer-row input[type=range], .explorer-row :is(input[type=text], select), .explorer-buttons :is(.preset, .quiet), .explorer-more > summary { height: 44px; line-height: 44px; }
}
@media (max-width: 600px) { /* a control is one line: its name, the slider, the number */
  .explorer-controls { grid-template-columns: 1fr; gap: 0; }
  .explorer-row label { flex: 0 0 7.6rem; }
  .explorer-row:not(:has([type=range], select)) label { flex: 1 0 100%; }
  .explorer-readout { gap: .1rem 1.1rem; }
  .explorer-box .explorer-readout dt { font-size: 13px; }
  .explorer-box .explorer-readout dd { font-size: 17px; }
  .explorer-box .explorer-readout:not(.rest) > :first-child dd { font-size: 21px; }
}
@media print {
  .explorer-box { break-inside: avoid; }
  .explorer-controls, .explorer-buttons, .explorer-more, .explorer-hint { display: none; }
}
`;
